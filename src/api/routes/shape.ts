import { API_ERRORS } from "../errors.ts";

export const HOME_BODY_LIMIT = 4096;

export const ref = (name: string) => ({ $ref: `${name}#` });
export const failure = (...codes: (keyof typeof API_ERRORS)[]) =>
  Object.fromEntries(codes.map((code) => [API_ERRORS[code], { ...ref("Error"), description: code }]));
