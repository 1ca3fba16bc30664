/** Codes of JSON-RPC 2.0, and of EIP-1474 and geth for what a chain refuses. */
export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const UNKNOWN_METHOD = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
export const REFUSED = -32_000;
export const REVERTED = 3;

/** What a question is answered with instead of a result. */
export class RpcError extends Error {
  readonly code: number;
  /** What a contract gave as its reason, as hex. */
  readonly data: string | undefined;

  constructor(code: number, message: string, data?: string) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
