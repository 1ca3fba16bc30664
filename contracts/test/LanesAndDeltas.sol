// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deltas} from "../src/Deltas.sol";
import {Lanes} from "../src/Lanes.sol";

/// @title Lanes and Deltas to be called from outside
/// @notice Forge finds it by either name in a filter. A contract of its own, as the compiler makes it the way it makes the vault, not the way it makes tests.
contract LanesAndDeltas {
    uint256 private constant WORDS = 3;

    uint256[WORDS] public words;

    /// @notice Three words of balances, from now on.
    function fill(uint256[WORDS] calldata balances) external {
        words = balances;
    }

    /// @notice Applies changes to the words; whatever came of it stays.
    function change(bytes calldata changes) external returns (uint256) {
        uint256 first;
        assembly ("memory-safe") {
            first := words.slot
        }
        return Lanes.change(first, changes, changes.length / 32);
    }

    function nextBad(uint256 index) external view returns (uint256) {
        uint256 first;
        assembly ("memory-safe") {
            first := words.slot
        }
        return Lanes.nextBad(first, index, WORDS);
    }

    function before(uint256 balances, uint256 changes) external pure returns (uint256) {
        return Lanes.before(balances, changes);
    }

    function changeAt(uint256 changes, uint256 index) external pure returns (int256) {
        return Lanes.changeAt(changes, index);
    }

    function sum(bytes calldata changes) external pure returns (int256) {
        return Lanes.sum(changes, changes.length / 32);
    }

    function word(bytes calldata changes, uint256 index) external pure returns (uint256) {
        return Lanes.word(changes, index);
    }

    function set(uint256 balances, uint256 index, uint256 balance) external pure returns (uint256) {
        return Lanes.set(balances, index, balance);
    }

    function balanceAt(uint256 balances, uint256 index) external pure returns (uint256) {
        return Lanes.balanceAt(balances, index);
    }

    function isUnchangedFrom(uint256 changes, uint256 used) external pure returns (bool) {
        return Lanes.isUnchangedFrom(changes, used);
    }

    function sumVector(bytes calldata vector, uint256 homes) external pure returns (int256) {
        return Deltas.sumVector(vector, homes);
    }

    function sumWide(bytes calldata wide) external pure returns (int256, uint256) {
        return Deltas.sumWide(wide);
    }
}
