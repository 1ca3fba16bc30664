import type { FastifyInstance } from "fastify";
import type { Result } from "../../../engine/kernel/index.ts";
import { refuse } from "../errors.ts";
import type { ChangeCode, StreetQueries } from "../queries.ts";
import {
  agentRequest,
  changeAnswer,
  depositRequest,
  homeParams,
  leaveRequest,
  moneyAnswer,
  redirectionRequest,
  withdrawalNowRequest,
  withdrawalRequest,
} from "../schema/answers.ts";
import { failure, HOME_BODY_LIMIT } from "./shape.ts";

type Owned = Pick<StreetQueries, "rotateAgent" | "leave" | "deposit" | "withdraw" | "redirect" | "withdrawNow">;

/** What owners signed, for homes that have no coin: who runs the street carries it to the chain and can change nothing of it. */
export function ownerRoutes(app: FastifyInstance, queries: Owned): void {
  const carries = <Request, Answer>({ path, name, summary, body, answer, carry }: Door<Request, Answer>): void => {
    const schema = schemaOf(name, summary, { body, answer });
    app.post(`/api/homes/:home/${path}`, { bodyLimit: HOME_BODY_LIMIT, schema }, async (request, reply) => {
      const { home } = request.params as { readonly home: string };
      // As the schema has let it through.
      const result = await carry(Number(home), request.body as Request);
      return result.ok ? result.value : refuse(reply, result.code, result.detail);
    });
  };

  carries({
    path: "agent",
    name: "rotateAgent",
    summary: "A home's owner gives it another key",
    body: agentRequest,
    answer: changeAnswer,
    carry: (home, request: Parameters<Owned["rotateAgent"]>[1]) => queries.rotateAgent(home, request),
  });
  carries({
    path: "leave",
    name: "leave",
    summary: "A home's owner takes it out of the street",
    body: leaveRequest,
    answer: changeAnswer,
    carry: (home, request: Parameters<Owned["leave"]>[1]) => queries.leave(home, request),
  });
  carries({
    path: "deposit",
    name: "deposit",
    summary: "A home's owner pays into its escrow",
    body: depositRequest,
    answer: moneyAnswer,
    carry: (home, request: Parameters<Owned["deposit"]>[1]) => queries.deposit(home, request),
  });
  carries({
    path: "withdrawal",
    name: "withdraw",
    summary: "A home's owner asks for its money",
    body: withdrawalRequest,
    answer: moneyAnswer,
    carry: (home, request: Parameters<Owned["withdraw"]>[1]) => queries.withdraw(home, request),
  });
  carries({
    path: "redirection",
    name: "redirect",
    summary: "A home's owner sends what it asked for to another account",
    body: redirectionRequest,
    answer: moneyAnswer,
    carry: (home, request: Parameters<Owned["redirect"]>[1]) => queries.redirect(home, request),
  });
  carries({
    path: "withdrawal-now",
    name: "withdrawNow",
    summary: "A home's owner has its money paid at once, if the street's validators vouch for it",
    body: withdrawalNowRequest,
    answer: moneyAnswer,
    carry: (home, request: Parameters<Owned["withdrawNow"]>[1]) => queries.withdrawNow(home, request),
  });
}

interface Door<Request, Answer> {
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly body: object;
  readonly answer: object;
  readonly carry: (home: number, request: Request) => Promise<Result<Answer, ChangeCode>>;
}

function schemaOf(operationId: string, summary: string, { body, answer }: { readonly body: object; readonly answer: object }): object {
  const codes = [
    "REQUEST_INVALID",
    "HOME_UNKNOWN",
    "CHANGE_TOO_SOON",
    "BODY_TOO_LARGE",
    "MEDIA_TYPE_UNSUPPORTED",
    "LIMIT_REACHED",
    "CHAIN_AWAY",
  ] as const;
  return { operationId, summary, tags: ["join"], params: homeParams, body, response: { 200: answer, ...failure(...codes) } };
}
