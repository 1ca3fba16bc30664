/** One event per fact: a stable name and flat data. error: someone must act; warn: may become one; info: rare; debug: the rest. */
export interface Log {
  error(event: string, data?: object): void;
  warn(event: string, data?: object): void;
  info(event: string, data?: object): void;
  debug(event: string, data?: object): void;
}
