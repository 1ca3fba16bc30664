import { connect, createServer } from "node:net";

/** Carries TCP connections to a Unix socket: so a machine on the wire reaches the chain, which is outside. ADDRESS PORT SOCKET */
const [address, port, socket] = process.argv.slice(2);
const server = createServer((near) => {
  const far = connect(socket!);
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
  }
});
server.listen(Number(port), address, () => process.stdout.write("forwards\n"));
