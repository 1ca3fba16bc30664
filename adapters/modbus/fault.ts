/**
 * What a simulated device can be told to do wrong. silent: takes requests and answers none. garbage: well-formed answers
 * with senseless registers. noise: bytes that are no Modbus. exception: "device failure" to everything. wrong-length:
 * fewer registers than asked. hang-up: closes each connection at the first request.
 */
export const FAULTS = ["silent", "garbage", "noise", "exception", "wrong-length", "hang-up"] as const;

export type Fault = (typeof FAULTS)[number];
