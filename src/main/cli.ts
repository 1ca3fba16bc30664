import { type Command, parseCommandLine } from "../cli/index.ts";
import { CannotStart } from "./exit.ts";
import { VERSION } from "./version.ts";

/** The program: reads the command line and runs one verb. What a verb needs is loaded with it, so that a home stays small. */
async function run(command: Command): Promise<number> {
  switch (command.verb) {
    case "street":
      return (await import("./street/street.ts")).runStreet(command);
    case "home":
      return (await import("./lone-home.ts")).runLoneHome(command);
    case "init":
      return (await import("./owner/init.ts")).runInit(command);
    case "restore":
      return (await import("./owner/restore.ts")).runRestore(command);
    case "deposit":
      return (await import("./owner/money.ts")).runDeposit(command);
    case "withdraw":
      return (await import("./owner/money.ts")).runWithdraw(command);
    case "balance":
      return (await import("./owner/money.ts")).runBalance(command);
    case "revoke":
      return (await import("./street/revoke.ts")).runRevoke(command);
    case "motion":
      return (await import("./motion.ts")).runMotion(command);
    case "host":
      return (await import("./host.ts")).runHost(command.config);
    case "devices":
      return (await import("./devices.ts")).runDevices(command.config);
    case "watchdog":
      return (await import("./battery/watchdog.ts")).runWatchdog();
    case "evidence":
      return (await import("./evidence/run.ts")).runEvidence(command);
    case "watch":
      return (await import("./watch/run.ts")).runWatch(command);
    case "challenge":
      return (await import("./watch/run.ts")).runChallenge(command);
    case "expire":
      return (await import("./watch/run.ts")).runExpire(command);
    case "veto":
      return (await import("./watch/run.ts")).runVeto(command);
    case "venue":
      return (await import("./venue/run.ts")).runVenue(command);
    case "verify-venue":
      return (await import("./venue/verify.ts")).runVerifyVenue(command);
    case "statement":
      return (await import("./statement.ts")).runStatement(command);
    case "compare":
      return (await import("./compare.ts")).runCompare(command);
    case "sim":
      return (await import("./sim/run.ts")).runSim(command);
    case "sunspec":
      return (await import("./sunspec/print.ts")).runSunspec(command);
    case "device":
      return (await import("./device/run.ts")).runDevice(command);
    case "detect":
      return (await import("./device/detect.ts")).runDetect(command);
    case "readings":
      return (await import("./readings/run.ts")).runReadings(command);
    case "export":
      return (await import("./export.ts")).runExport(command);
  }
}

const parsed = parseCommandLine(process.argv.slice(2), VERSION);
if (parsed.kind === "print") {
  (parsed.exit === 0 ? process.stdout : process.stderr).write(`${parsed.message}\n`);
  process.exit(parsed.exit);
}
try {
  process.exit(await run(parsed.command));
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exit);
}
