import type { StreetState } from "../../api/state.ts";
import type { CommunityView, MotionView } from "../../api/state-community.ts";
import { changesOf, comingOf, isOtherTime, NUMBER_NAMES, type NumberChange, type NumberName, neededOf } from "../lib/community.ts";
import { fineMoney, price, whenOf } from "../lib/format.ts";
import { texts } from "../texts/index.ts";
import { Card } from "./card.tsx";

type Street = StreetState["street"];

/** What homes vote on and have decided for later, beside the rules in force; nothing when nobody wants a change. */
export function Community({ state: { community, street } }: { state: StreetState }) {
  if (community === null || community.motions.length + community.coming.length === 0) return null;
  const words = texts.community;
  const { inForce, motions, now } = community;
  return (
    <Card id="community" title={words.title} sub={isOtherTime(street.now, now) ? `${words.sub} ${words.otherTime}` : words.sub}>
      <ul class="watch">
        {motions.map((motion) => (
          <Motion key={motion.motion} motion={motion} street={street} />
        ))}
        {comingOf(community).map(({ since, changes }) => (
          <li key={since} class="plain" data-coming={since}>
            {words.coming(whenOf(since, street.timeZone))}
            <Changes changes={changes} street={street} />
          </li>
        ))}
      </ul>
      <h3>{words.inForce(whenOf(inForce.since, street.timeZone))}</h3>
      <Numbers numbers={inForce.numbers} street={street} />
    </Card>
  );
}

function Motion({ motion, street }: { motion: MotionView; street: Street }) {
  const words = texts.community;
  const { yes, no, members, stage } = motion;
  const at = (instant: string): string => whenOf(instant, street.timeZone);
  const stages = {
    voting: () => words.voting(at(motion.broughtAt), at(motion.closesAt)),
    carried: () => words.carried(at(motion.executableAt)),
    executable: () => words.executable(at(motion.lapsesAt)),
  };
  return (
    <li data-motion={motion.motion} data-stage={stage}>
      <Wish motion={motion} street={street} />
      {words.votes(yes, no, members, neededOf(members))} {stages[stage]()}
    </li>
  );
}

function Wish({ motion: { name, rules, instead, payment }, street }: { motion: MotionView; street: Street }) {
  const words = texts.community;
  if (payment !== null)
    return <strong>{words.pays(name, fineMoney(payment.micro, street.currency), payment.to, payment.micro === 0)}</strong>;
  if (rules === null || instead === null) return null;
  return (
    <>
      <strong>{words.wants(name, whenOf(rules.since, street.timeZone))}</strong>
      <Changes changes={changesOf(instead, rules.numbers)} street={street} />
    </>
  );
}

function Changes({ changes, street }: { changes: readonly NumberChange[]; street: Street }) {
  const words = texts.community;
  if (changes.length === 0) return <p>{words.otherwise}</p>;
  return (
    <ul class="changes">
      {changes.map(({ name, from, to }) => (
        <li key={name}>{words.change(words.numbers[name], numberText(name, from, street), numberText(name, to, street))}</li>
      ))}
    </ul>
  );
}

function Numbers({ numbers, street }: { numbers: CommunityView["inForce"]["numbers"]; street: Street }) {
  return (
    <dl class="numbers">
      {NUMBER_NAMES.map((name) => (
        <div key={name} data-number={name}>
          <dt>{texts.community.numbers[name]}</dt>
          <dd>{numberText(name, numbers[name], street)}</dd>
        </div>
      ))}
    </dl>
  );
}

function numberText(name: NumberName, value: number, { currency }: Street): string {
  switch (name) {
    case "communityPercent":
      return `${value} %`;
    case "kPermille":
      return `${value / 10} %`;
    case "withheldCharge":
      return fineMoney(value, currency);
    case "maxPrice":
      return `${price(value, currency)}/kWh`;
  }
}
