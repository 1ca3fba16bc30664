// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Balance changes as bytes, written and read one home at a time
/// @notice What Lanes and Deltas do by eights, in the plainest way there is: from contracts/README.md alone, in int256, no assembly.
library Reference {
    int256 internal constant LARGEST = 2 ** 31 - 1;
    int256 internal constant SMALLEST = -(2 ** 31);
    uint256 internal constant MAX_TICKS = 2 ** 31 - 1;
    uint256 internal constant MAX_DEPOSITED = 2 ** 30 - 1;

    function zigzag(int256 change) internal pure returns (uint32) {
        return uint32(uint256(change >= 0 ? 2 * change : -2 * change - 1));
    }

    function unzigzag(uint32 written) internal pure returns (int256) {
        int256 value = int256(uint256(written));
        return value % 2 == 0 ? value / 2 : -(value + 1) / 2;
    }

    /// @dev One lane per home, filled up to whole words.
    function vector(int256[] memory changes) internal pure returns (bytes memory written) {
        for (uint256 home; home < changes.length; ++home) written = bytes.concat(written, bytes4(zigzag(changes[home])));
        while (written.length % 32 != 0) written = bytes.concat(written, bytes4(0));
    }

    /// @dev The first of eight homes has the highest lane.
    function balanceAt(uint256 word, uint256 lane) internal pure returns (uint256) {
        return (word / 2 ** (32 * (7 - lane))) % 2 ** 31;
    }

    /// @dev The word with one balance more; its lane must be empty.
    function put(uint256 word, uint256 lane, uint256 balance) internal pure returns (uint256) {
        return word + balance * 2 ** (32 * (7 - lane));
    }

    /// @dev 0 behind the end.
    function changeOf(bytes memory written, uint256 home) internal pure returns (int256) {
        if (4 * home >= written.length) return 0;
        uint256 lane;
        for (uint256 i; i < 4; ++i) lane = 256 * lane + uint8(written[4 * home + i]);
        return unzigzag(uint32(lane));
    }

    /// @dev Of all lanes.
    function sum(bytes memory written) internal pure returns (int256 total) {
        for (uint256 home; 4 * home < written.length; ++home) total += changeOf(written, home);
    }

    /// @dev Whether a registry of `homes` can have such bytes: whole words, none without a home, no change without a home.
    function fits(bytes memory written, uint256 homes) internal pure returns (bool) {
        if (written.length % 32 != 0) return false;
        uint256 words = written.length / 32;
        if (words > 0 && 8 * (words - 1) >= homes) return false;
        for (uint256 home = homes; 4 * home < written.length; ++home) if (changeOf(written, home) != 0) return false;
        return true;
    }

    /// @dev Nine bytes per wide account.
    function wide(uint8[] memory ids, int64[] memory changes) internal pure returns (bytes memory written) {
        for (uint256 i; i < ids.length; ++i) written = bytes.concat(written, bytes1(ids[i]), bytes8(uint64(changes[i])));
    }

    function wide(uint8 id, int256 change) internal pure returns (bytes memory) {
        return bytes.concat(bytes1(id), bytes8(uint64(int64(change))));
    }
}
