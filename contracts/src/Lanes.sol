// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Eight balances in one word of storage, and eight changes in one word of bytes
/// @notice A lane has 32 bits: a balance of 31 and above it a guard bit that is 0. The first of eight homes has the highest lane,
/// so that a word of changes lies over the word of balances that it changes. A change is written in zigzag, 0, -1, 1, -2 as
/// 0, 1, 2, 3, as most changes are small and a byte of 0 costs a quarter of any other.
/// @dev Adding a word of changes, each + 2^31, and taking 2^31 from each lane adds eight changes at once. A lane's true result lies
/// between -2^31 and 2^32 - 2. From the lowest lane up: what shows no guard bit differs from the true result by a multiple of 2^32
/// and so is it, hence nothing was carried into the next lane. So no guard bit in the word means that all eight results are right.
library Lanes {
    /// @notice Homes in one word.
    uint256 internal constant COUNT = 8;
    /// @notice The most that a lane holds.
    uint256 internal constant MAX = 2 ** 31 - 1;

    /// @dev All but the guard bits.
    uint256 private constant VALUES = 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;

    /// @dev Eight guard bits, which are also eight times 2^31.
    uint256 private constant GUARD = 0x8000000080000000800000008000000080000000800000008000000080000000;

    /// @dev The lowest bit of each lane.
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @dev Every other lane, as four lanes of 64 bits.
    uint256 private constant PAIRS = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;

    /// @dev The balance of lane `index`, 0 to 7.
    function balanceAt(uint256 balances, uint256 index) internal pure returns (uint256) {
        return (balances >> _shift(index)) & MAX;
    }

    /// @dev The word with lane `index` set to `balance`, which must not be above MAX.
    function set(uint256 balances, uint256 index, uint256 balance) internal pure returns (uint256) {
        uint256 shift = _shift(index);
        return (balances & ~(MAX << shift)) | (balance << shift);
    }

    /// @dev Word `index` of the changes; must lie inside them.
    function word(bytes calldata changes, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(changes.offset, shl(5, index)))
        }
    }

    /// @dev Applies `count` words of changes to the words of storage from `first` on, and passes over words that change nothing.
    /// Returns the first word of which a lane fell below 0 or rose above MAX, `count` if none did. Those words the caller must set
    /// right (`before`, `changeAt`) or revert, as all have been written.
    function change(uint256 first, bytes calldata changes, uint256 count) internal returns (uint256 bad) {
        uint256 guards;
        // By hand, as this loop is most of what a settlement costs beside storage.
        assembly ("memory-safe") {
            let slot := first
            let end := add(changes.offset, shl(5, count))
            for {
                let at := changes.offset
            } lt(at, end) {
                at := add(at, 32)
                slot := add(slot, 1)
            } {
                let value := calldataload(at)
                if value {
                    // Halved, and where the lowest bit is set all bits turned; then + 2^31.
                    value := xor(xor(and(shr(1, value), VALUES), mul(and(value, ONES), 0xffffffff)), GUARD)
                    value := sub(add(sload(slot), value), GUARD)
                    guards := or(guards, value)
                    sstore(slot, value)
                }
            }
        }
        return guards & GUARD == 0 ? count : nextBad(first, 0, count);
    }

    /// @dev Sum of all changes in `count` words, below 2^31 of them.
    function sum(bytes calldata changes, uint256 count) internal pure returns (int256) {
        uint256 sums;
        assembly ("memory-safe") {
            let end := add(changes.offset, shl(5, count))
            for {
                let at := changes.offset
            } lt(at, end) {
                at := add(at, 32)
            } {
                let value := calldataload(at)
                value := xor(xor(and(shr(1, value), VALUES), mul(and(value, ONES), 0xffffffff)), GUARD)
                sums := add(sums, add(and(value, PAIRS), and(shr(32, value), PAIRS)))
            }
        }
        uint256 mask = type(uint64).max;
        uint256 total = (sums & mask) + ((sums >> 64) & mask) + ((sums >> 128) & mask) + (sums >> 192);
        return int256(total) - int256(count * COUNT * 2 ** 31);
    }

    /// @dev Whether the lanes from `used` on, 1 to 8, say no change.
    function isUnchangedFrom(uint256 changes, uint256 used) internal pure returns (bool) {
        return changes << (32 * used) == 0;
    }

    /// @dev The first of `count` words, from `index` on, that `change` left with a lane below 0 or above MAX; `count` if there is none.
    function nextBad(uint256 first, uint256 index, uint256 count) internal view returns (uint256 bad) {
        assembly ("memory-safe") {
            bad := index
            for {} lt(bad, count) {
                bad := add(bad, 1)
            } {
                if and(sload(add(first, bad)), GUARD) {
                    break
                }
            }
        }
    }

    /// @dev The word of balances as it was before `change` added a word of changes: the addition of a whole word loses nothing.
    function before(uint256 balances, uint256 changes) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := xor(xor(and(shr(1, changes), VALUES), mul(and(changes, ONES), 0xffffffff)), GUARD)
            value := sub(add(balances, GUARD), value)
        }
    }

    /// @dev The change of lane `index`, 0 to 7, in a word of changes.
    function changeAt(uint256 changes, uint256 index) internal pure returns (int256) {
        uint256 zigzag = uint32(changes >> _shift(index));
        return int256(zigzag >> 1) ^ -int256(zigzag & 1);
    }

    function _shift(uint256 index) private pure returns (uint256) {
        return 32 * (COUNT - 1 - index);
    }
}
