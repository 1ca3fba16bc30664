import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../ports/index.ts";
import type { ChallengeCode, ChangeCode, MotionCode, RegisterCode } from "./queries.ts";

/** Every refusal of the API and its HTTP status. The codes are public and never renamed. */
export const API_ERRORS = {
  BODY_MALFORMED: 400,
  HTTP_MALFORMED: 400,
  REQUEST_INVALID: 400,
  UPGRADE_MALFORMED: 400,
  URL_MALFORMED: 400,
  HOME_UNKNOWN: 403,
  INVITATION_INVALID: 403,
  ORIGIN_NOT_ALLOWED: 403,
  SIGNATURE_INVALID: 403,
  NOT_FOUND: 404,
  COMMUNITY_MISSING: 404,
  DAY_UNKNOWN: 404,
  INTERVAL_UNKNOWN: 404,
  RECORD_UNKNOWN: 404,
  REQUEST_TIMEOUT: 408,
  NAME_TAKEN: 409,
  HOME_EXISTS: 409,
  CHANGE_TOO_SOON: 409,
  CHANGE_REFUSED: 409,
  NOT_AT_ONCE: 409,
  CHALLENGE_REFUSED: 409,
  SEQ_NOT_RISING: 409,
  STREET_FULL: 409,
  EVENTS_TOO_OLD: 410,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  HOST_NOT_ALLOWED: 421,
  UPGRADE_REQUIRED: 426,
  TOO_MANY_REQUESTS: 429,
  LIMIT_REACHED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  CHAIN_AWAY: 503,
  TOO_MANY_CLIENTS: 503,
} as const satisfies Record<string, number> & Record<RegisterCode | ChangeCode | MotionCode | ChallengeCode, number>;

export type ApiCode = keyof typeof API_ERRORS;

export interface ApiError {
  readonly code: string;
  readonly message: string;
}

export const refuse = (reply: FastifyReply, code: ApiCode, message: string): FastifyReply =>
  reply.code(API_ERRORS[code]).type("application/json; charset=utf-8").send({ code, message });

const BY_FASTIFY_CODE: Readonly<Record<string, ApiCode>> = {
  FST_ERR_VALIDATION: "REQUEST_INVALID",
  FST_ERR_BAD_URL: "URL_MALFORMED",
  FST_ERR_MAX_PARAM_LENGTH: "URL_MALFORMED",
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "MEDIA_TYPE_UNSUPPORTED",
};

// What is left below 500 is a body or a header that couldn't be read.
function codeOf(error: FastifyError): ApiCode {
  const known = BY_FASTIFY_CODE[error.code];
  if (known !== undefined) return known;
  const status = error.statusCode ?? 500;
  if (status === 404) return "NOT_FOUND";
  return status >= 400 && status < 500 ? "BODY_MALFORMED" : "INTERNAL";
}

/** Answers every failure with code and message; what is our own fault is logged and told without its inside. */
export function answerErrors(app: FastifyInstance, log: Log | undefined): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const code = codeOf(error);
    if (code === "INTERNAL") log?.error("api.failed", { route: request.routeOptions.url, error: String(error.stack ?? error) });
    return refuse(reply, code, code === "INTERNAL" ? "something went wrong here; it is written in the log" : error.message);
  });
  app.setNotFoundHandler((request, reply) => refuse(reply, "NOT_FOUND", `nothing is here: ${request.method} ${request.url.slice(0, 120)}`));
}

/** For what the router refuses before any hook runs. */
export const frameworkErrors = (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void => {
  void refuse(reply, codeOf(error), error.message);
};
