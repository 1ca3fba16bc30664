import { TestStreet } from "../support/test-street.ts";
import { chainContract } from "./chain.contract.ts";

chainContract("evm on anvil", () => TestStreet.start());
