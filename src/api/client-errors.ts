import type { Socket } from "node:net";
import { API_ERRORS, type ApiCode } from "./errors.ts";

const BY_NODE_CODE: Readonly<Record<string, ApiCode>> = {
  HPE_HEADER_OVERFLOW: "HEADERS_TOO_LARGE",
  ERR_HTTP_REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
};

/** Answers bytes that aren't HTTP at all, and hangs up. */
export function answerGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = BY_NODE_CODE[error.code ?? ""] ?? "HTTP_MALFORMED";
  const body = JSON.stringify({ code, message: "this is not an HTTP request that can be read here" });
  const head = `HTTP/1.1 ${API_ERRORS[code]} Refused\r\ncontent-type: application/json; charset=utf-8\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
