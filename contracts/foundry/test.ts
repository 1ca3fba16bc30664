import { forge, forgeBinary, MISSING } from "./binary.ts";

/** Runs the Solidity tests, with what else forge takes: `npm run forge -- --match-contract Lanes -vvv`. */
if (forgeBinary() === null) console.log(`Solidity tests are SKIPPED: ${MISSING}.`);
else process.exitCode = forge(["test", ...process.argv.slice(2)]).status;
