import fc from "../../node_modules/fast-check/lib/fast-check.js";

/**
 * What the tests know as fast-check (jest.config.js): the same with one seed, so that a run fails for a change and not by chance, as
 * Foundry's do. Another seed: `FAST_CHECK_SEED=7 npm run jest -- test/property`.
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_261_127) });

export default fc;
