import { type ChainContents, LocalChain } from "./chain.ts";
import { rulesOf } from "./executor.ts";
import { laboratoryOf } from "./laboratory.ts";
import { methodsOf } from "./methods.ts";
import { type RpcServer, serveRpc } from "./server.ts";
import { loadChain, saveChain } from "./state-file.ts";
import type { LocalChainFault, ProcessOptions, ProcessWord } from "./words.ts";

/**
 * The chain's process. It says on its channel when it listens, saves what changed every two seconds, and ends on SIGTERM or when
 * whoever started it is gone, both times with everything saved.
 */
const SAVE_EVERY_MS = 2_000;

const [, , text = "", file = ""] = process.argv;
const options = JSON.parse(text) as ProcessOptions;

const say = (word: ProcessWord): Promise<void> =>
  new Promise((resolve) => (process.connected ? process.send!(word, () => resolve()) : resolve()));

async function fail(code: LocalChainFault, detail: string): Promise<never> {
  await say({ kind: "failed", code, detail });
  return process.exit(1);
}

async function load(): Promise<ChainContents | null> {
  if (file === "") return null;
  try {
    return loadChain(file, options.chainId, rulesOf(options.chainId));
  } catch (error) {
    return fail(
      "LOCAL_CHAIN_STATE_BROKEN",
      `${file}: ${(error as Error).message}; move it and its copy away to begin a new chain, or put a backup in its place`,
    );
  }
}

async function listen(chain: LocalChain): Promise<RpcServer> {
  const methods = { ...methodsOf(chain), ...(options.isLaboratory ? laboratoryOf(chain) : {}) };
  try {
    return await serveRpc(methods, options.port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "EADDRINUSE"
      ? fail("LOCAL_CHAIN_PORT_TAKEN", `another program listens on the chain's port: ${message}`)
      : fail("LOCAL_CHAIN_FAILED", message);
  }
}

/** Saves what changed since the last time; a disk that refuses is asked again. */
function saver(chain: LocalChain): () => boolean {
  let saved = -1;
  return () => {
    if (file === "" || saved === chain.version) return true;
    const { version } = chain;
    try {
      saveChain(file, chain.chainId, chain);
      saved = version;
      return true;
    } catch (error) {
      process.stderr.write(`the chain was not saved: ${(error as Error).message}\n`);
      return false;
    }
  };
}

const { chainId, keptStates, funded } = options;
const chain = await LocalChain.open({ chainId, keptStates, funded, now: () => Math.floor(Date.now() / 1_000) }, await load());
const server = await listen(chain);
const save = saver(chain);
// Nothing else may write to the state while it is saved, and a run of the EVM does.
const timer = setInterval(() => void chain.inTurn(async () => save()), SAVE_EVERY_MS);
save();

const end = async (): Promise<void> => {
  clearInterval(timer);
  await server.close();
  process.exit(await chain.inTurn(async () => (save() ? 0 : 1)));
};
process.once("SIGTERM", () => void end());
process.once("disconnect", () => void end());
// Ctrl-C reaches the whole terminal; the street says when.
process.on("SIGINT", () => undefined);
await say({ kind: "listening", port: server.port });
