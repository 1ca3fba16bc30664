// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDisputes} from "./IDisputes.sol";
import {IGridVault} from "./IGridVault.sol";

/// @title Opening what a period binds
/// @notice What doesn't open reverts with `ProofInvalid`: it shows nothing. Values that no honest home writes are a fault by themselves,
/// so that no number is too large to be counted with.
library Openings {
    /// @dev How many intervals after its delivery one is settled.
    uint256 internal constant SETTLE_LAG = 2;
    /// @dev The engine counts below this.
    uint256 private constant BOUND = 2 ** 53;

    bytes32 private constant PERIOD_TYPEHASH = keccak256(
        "Period(uint64 period,uint64 fromInterval,uint64 toInterval,uint64 coversUntil,bytes32 prevPeriod,bytes32 head,bytes32 accountsRoot,bytes32 vectorHash,bytes32 wideHash,bytes32 dataHash)"
    );
    bytes32 private constant RESULT_TYPEHASH = keccak256(
        "IntervalResult(uint64 interval,uint8 kind,bytes32 prevHead,bytes32 orderSetRoot,bytes32 readingSetRoot,bytes32 clearingRoot,bytes32 ledgerRoot,bytes32 nextMembers)"
    );

    /// @dev Whether the certified chain of results itself is wrong: intervals that don't follow one another or don't end the period,
    /// or a street that begins in the middle.
    function isBroken(IGridVault.Period calldata p, IDisputes.Result[] memory results) internal pure returns (bool broken) {
        if (results.length == 0 || p.fromInterval > p.toInterval) revert IDisputes.ProofInvalid();
        uint256 last = uint256(p.toInterval) + SETTLE_LAG;
        if (results.length > last - p.fromInterval + 1) revert IDisputes.ProofInvalid();
        bytes32 link = p.head;
        for (uint256 i; i < results.length; ++i) {
            IDisputes.Result memory result = results[i];
            if (keccak256(abi.encode(RESULT_TYPEHASH, result)) != link) revert IDisputes.ProofInvalid();
            link = result.prevHead;
            bool begins = link == 0 && last - i != p.fromInterval;
            if (result.interval != last - i || result.kind > 1 || begins) broken = true;
        }
    }

    /// @dev Whether the results don't go on from the head of the period before, which is that of this one's second interval.
    function isForked(
        IGridVault.Period calldata p,
        IDisputes.Result[] memory results,
        IGridVault.Period memory previous
    ) internal pure returns (bool) {
        IDisputes.Result memory third = results[results.length - 1];
        if (third.interval != uint256(p.fromInterval) + SETTLE_LAG) return false;
        if (keccak256(abi.encode(PERIOD_TYPEHASH, previous)) != p.prevPeriod) return false;
        return third.prevHead != previous.head;
    }

    /// @dev Reverts unless the clearing is the result's.
    function requireClearing(IDisputes.Result memory result, IDisputes.Clearing memory clearing) internal pure {
        if (keccak256(abi.encode(clearing)) != result.clearingRoot) revert IDisputes.ProofInvalid();
    }

    /// @dev Reverts unless the fill is in the clearing.
    function requireFill(IDisputes.Clearing memory clearing, IDisputes.FillShown memory shown) internal pure {
        _requireLeaf(clearing.fillsRoot, abi.encode(shown.leaf), shown.path);
    }

    /// @dev Whether the home did anything; reverts unless that is shown.
    function hasTraded(
        IDisputes.Clearing memory clearing,
        uint256 home,
        IDisputes.HomeShown memory shown
    ) internal pure returns (bool) {
        if (clearing.homesRoot == 0) return false;
        _requireLeaf(clearing.homesRoot, abi.encode(shown.leaf), shown.path);
        return _isThere(home, shown.leaf.position, shown.leaf.home, shown.leaf.nextHome);
    }

    /// @dev Whether the home has an account; reverts unless that is shown.
    function hasAccount(bytes32 ledgerRoot, uint256 home, IDisputes.AccountShown memory shown) internal pure returns (bool) {
        if (ledgerRoot == 0) return false;
        _requireLeaf(ledgerRoot, abi.encode(shown.leaf), shown.path);
        return _isThere(home, shown.leaf.position, shown.leaf.home, shown.leaf.nextHome);
    }

    /// @dev Whether all its values can be an honest home's.
    function isSane(IDisputes.Fill memory leaf) internal pure returns (bool) {
        uint256 all = leaf.position | leaf.home | leaf.energy | leaf.price | leaf.wanted | leaf.limit | leaf.seq;
        return all < BOUND && _isSmall(leaf.amount) && leaf.side <= 1 && leaf.v <= type(uint8).max;
    }

    /// @dev Whether all its values can be an honest home's.
    function isSane(IDisputes.Home memory leaf) internal pure returns (bool) {
        uint256 places = leaf.position | leaf.home | leaf.nextHome | leaf.firstFill | leaf.fillCount;
        return (places | leaf.bought | leaf.sold | leaf.withheld) < BOUND && _isSmall(leaf.tradeAmount);
    }

    /// @dev Whether all its values can be an honest home's.
    function isSane(IDisputes.Account memory leaf) internal pure returns (bool) {
        uint256 places = leaf.position | leaf.home | leaf.nextHome;
        uint256 energy = leaf.bought | leaf.sold | leaf.utilityImport | leaf.utilityExport;
        uint256 meter = leaf.interval | leaf.importWh | leaf.exportWh | leaf.assumedImportWh | leaf.assumedExportWh;
        bool isMeter = leaf.metered == 1 || (leaf.metered == 0 && meter == 0);
        return isMeter && (places | energy | meter) < BOUND && _isSmall(leaf.balance) && _isSmall(leaf.carriedTicks);
    }

    function _requireLeaf(bytes32 root, bytes memory leaf, bytes32[] memory path) private pure {
        bytes32 hashed = keccak256(bytes.concat(keccak256(leaf)));
        if (!MerkleProof.verify(path, root, hashed)) revert IDisputes.ProofInvalid();
    }

    /// @dev A leaf is a home's own, or lies just before where it would stand, or is the first and lies behind.
    function _isThere(uint256 home, uint256 position, uint256 leafHome, uint256 nextHome) private pure returns (bool) {
        if (leafHome == home) return true;
        bool isBetween = leafHome < home && (nextHome == 0 || home < nextHome);
        bool isBefore = position == 0 && home < leafHome;
        if (!isBetween && !isBefore) revert IDisputes.ProofInvalid();
        return false;
    }

    function _isSmall(int256 value) private pure returns (bool) {
        return value > -int256(BOUND) && value < int256(BOUND);
    }
}
