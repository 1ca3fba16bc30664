// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {IGridVault} from "../src/IGridVault.sol";

/// @title What a certified period binds, put together from contracts/README.md alone
/// @notice The other side of Openings: trees, clearings and results that link to one another, for tests to tell the truth or a lie in.
library Market {
    bytes32 internal constant PERIOD =
        keccak256(
            "Period(uint64 period,uint64 fromInterval,uint64 toInterval,uint64 coversUntil,bytes32 prevPeriod,bytes32 head,bytes32 accountsRoot,bytes32 vectorHash,bytes32 wideHash,bytes32 dataHash)"
        );
    bytes32 internal constant RESULT =
        keccak256(
            "IntervalResult(uint64 interval,uint8 kind,bytes32 prevHead,bytes32 orderSetRoot,bytes32 readingSetRoot,bytes32 clearingRoot,bytes32 ledgerRoot,bytes32 nextMembers)"
        );

    /// @dev One interval: what was traded in it, and the accounts when it was agreed.
    struct Moment {
        uint256 interval;
        uint256 kind;
        IDisputes.Fill[] fills;
        IDisputes.Home[] homes;
        IDisputes.Account[] accounts;
    }

    /// @dev A period with all that it binds: moments and results by rising interval, up to two after its last one.
    struct Bound {
        IGridVault.Period period;
        IGridVault.Period previous;
        bytes vector;
        Moment[] moments;
        IDisputes.Result[] results;
    }

    /// @dev Every root and every link follows from the moments; the first links to `before`.
    function bind(Bound memory bound, bytes32 before) internal pure {
        bound.results = new IDisputes.Result[](bound.moments.length);
        for (uint256 i; i < bound.moments.length; ++i) {
            IDisputes.Result memory result = bound.results[i];
            result.interval = bound.moments[i].interval;
            result.kind = bound.moments[i].kind;
            result.orderSetRoot = keccak256(abi.encode("orders", result.interval));
            result.readingSetRoot = keccak256(abi.encode("readings", result.interval));
            result.clearingRoot = keccak256(abi.encode(clearing(bound.moments[i])));
            result.ledgerRoot = root(hashes(bound.moments[i].accounts));
        }
        bound.results[0].prevHead = before;
        relink(bound, 1);
    }

    /// @dev Results from place `first` on link to the ones before them, and the period to the last one; so does the period before.
    function relink(Bound memory bound, uint256 first) internal pure {
        for (uint256 i = first; i < bound.results.length; ++i) bound.results[i].prevHead = hash(bound.results[i - 1]);
        IDisputes.Result memory last = bound.results[bound.results.length - 1];
        (bound.period.head, bound.period.accountsRoot) = (hash(last), last.ledgerRoot);
        bound.period.vectorHash = keccak256(bound.vector);
        bound.previous.head = hash(bound.results[1]);
        bound.period.prevPeriod = hash(bound.previous);
    }

    function hash(IDisputes.Result memory result) internal pure returns (bytes32) {
        return keccak256(abi.encode(RESULT, result));
    }

    function hash(IGridVault.Period memory period) internal pure returns (bytes32) {
        return keccak256(abi.encode(PERIOD, period));
    }

    function clearing(Moment memory moment) internal pure returns (IDisputes.Clearing memory) {
        bytes32 rest = keccak256(abi.encode("prices", moment.interval));
        return IDisputes.Clearing(root(hashes(moment.fills)), root(hashes(moment.homes)), rest);
    }

    function hashes(IDisputes.Fill[] memory leaves) internal pure returns (bytes32[] memory all) {
        all = new bytes32[](leaves.length);
        for (uint256 i; i < leaves.length; ++i) all[i] = _twice(abi.encode(leaves[i]));
    }

    function hashes(IDisputes.Home[] memory leaves) internal pure returns (bytes32[] memory all) {
        all = new bytes32[](leaves.length);
        for (uint256 i; i < leaves.length; ++i) all[i] = _twice(abi.encode(leaves[i]));
    }

    function hashes(IDisputes.Account[] memory leaves) internal pure returns (bytes32[] memory all) {
        all = new bytes32[](leaves.length);
        for (uint256 i; i < leaves.length; ++i) all[i] = _twice(abi.encode(leaves[i]));
    }

    /// @dev 0 of nothing.
    function root(bytes32[] memory level) internal pure returns (bytes32) {
        if (level.length == 0) return 0;
        while (level.length > 1) level = _above(level);
        return level[0];
    }

    /// @dev The siblings from a leaf up; one without a sibling goes up as it is.
    function path(bytes32[] memory level, uint256 leaf) internal pure returns (bytes32[] memory siblings) {
        siblings = new bytes32[](0);
        while (level.length > 1) {
            if (leaf ^ 1 < level.length) siblings = _with(siblings, level[leaf ^ 1]);
            (level, leaf) = (_above(level), leaf / 2);
        }
    }

    function _above(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < above.length; ++i) {
            bytes32 left = level[2 * i];
            if (2 * i + 1 == level.length) above[i] = left;
            else above[i] = left < level[2 * i + 1] ? _pair(left, level[2 * i + 1]) : _pair(level[2 * i + 1], left);
        }
    }

    function _with(bytes32[] memory list, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = last;
    }

    function _pair(bytes32 low, bytes32 high) private pure returns (bytes32) {
        return keccak256(bytes.concat(low, high));
    }

    function _twice(bytes memory leaf) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(leaf)));
    }
}
