import type { CommunityView, MotionView, PaymentView, RulesNumbersView, RulesView } from "../state-community.ts";
import { count, described, instant, list, mirrors, nullable, object, oneOf, text } from "./shape.ts";

const numbers = described(
  mirrors<RulesNumbersView>()(object({ communityPercent: count, kPermille: count, withheldCharge: count, maxPrice: count })),
  "what homes vote on: whole percent, thousandths, micro-currency, micro-currency per kWh",
);
const rules = mirrors<RulesView>()(object({ hash: text(), since: instant, numbers }));

const payment = mirrors<PaymentView>()(
  object({ to: text(), micro: described(count, "micro-currency; 0: the payment that waits goes there instead") }),
);

const motion = mirrors<MotionView>()(
  object({
    motion: count,
    home: count,
    name: text(),
    rules: nullable(rules),
    instead: described(nullable(numbers), "what counts from then on without it"),
    payment: described(nullable(payment), "what shall be paid from the community's account; null: it is for other rules"),
    yes: count,
    no: count,
    members: described(count, "how many homes may vote"),
    stage: described(
      oneOf("voting", "carried", "executable"),
      "voting: until closesAt. carried: waits until executableAt. executable: anyone may put it into force before lapsesAt",
    ),
    broughtAt: instant,
    closesAt: instant,
    executableAt: instant,
    lapsesAt: instant,
  }),
);

export const community = described(
  mirrors<CommunityView>()(
    object({
      now: described(instant, "the chain's clock, by which votes run"),
      inForce: rules,
      coming: described(list(rules), "decided and not in force yet, the next first"),
      motions: described(list(motion), "voted on, or carried and not yet in force; the newest first"),
    }),
  ),
  "null: nothing is decided together here, or nothing is known of it yet",
);
