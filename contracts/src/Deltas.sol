// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGridVault} from "./IGridVault.sol";
import {IRegistry} from "./IRegistry.sol";
import {Lanes} from "./Lanes.sol";

/// @title How balance changes are written as bytes
/// @notice Homes: one 4-byte lane each by id, as in Lanes, filled up to whole 32-byte words with lanes that change nothing. Wide
/// accounts: one byte for the id and eight for the signed big-endian change, by strictly rising id.
library Deltas {
    /// @notice Wide accounts that exist: 0 residual supplier, the rest reserved.
    uint256 internal constant WIDE_ACCOUNTS = 8;
    /// @notice The number of wide account 0 where accounts of both kinds are meant: no street has so many homes.
    uint256 internal constant FIRST_WIDE = 2 ** 32 - WIDE_ACCOUNTS;
    /// @notice The residual supplier's.
    uint8 internal constant SUPPLIER = 0;
    /// @notice Bytes of one wide change.
    uint256 internal constant WIDE_ENTRY = 9;

    /// @dev Account and change of one wide entry.
    function ofWide(bytes calldata wide, uint256 index) internal pure returns (uint8 id, int256 delta) {
        uint256 start = index * WIDE_ENTRY;
        id = uint8(wide[start]);
        delta = int64(uint64(bytes8(wide[start + 1:start + WIDE_ENTRY])));
    }

    /// @dev Sum of all homes' changes; reverts when the bytes don't fit a registry of `homes`.
    function sumVector(bytes calldata vector, uint256 homes) internal pure returns (int256) {
        uint256 words = vector.length / 32;
        if (vector.length % 32 != 0 || words > (homes + Lanes.COUNT - 1) / Lanes.COUNT) revert IGridVault.BadVector();
        bool isLastShort = words * Lanes.COUNT > homes;
        if (isLastShort && !Lanes.isUnchangedFrom(Lanes.word(vector, words - 1), homes % Lanes.COUNT)) revert IGridVault.BadVector();
        return Lanes.sum(vector, words);
    }

    /// @dev Sum of all wide changes, and a bit for each account that falls; reverts when an id is unknown or out of order.
    function sumWide(bytes calldata wide) internal pure returns (int256 sum, uint256 falling) {
        if (wide.length % WIDE_ENTRY != 0) revert IGridVault.BadVector();
        uint256 lowest;
        for (uint256 i; i < wide.length / WIDE_ENTRY; ++i) {
            (uint8 id, int256 delta) = ofWide(wide, i);
            if (id >= WIDE_ACCOUNTS) revert IRegistry.UnknownAccount(id);
            if (id < lowest) revert IGridVault.BadVector();
            lowest = uint256(id) + 1;
            sum += delta;
            if (delta < 0) falling |= 1 << id;
        }
    }
}
