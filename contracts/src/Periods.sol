// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deltas} from "./Deltas.sol";
import {Escrow} from "./Escrow.sol";
import {IDisputes} from "./IDisputes.sol";
import {IGridVault} from "./IGridVault.sol";

/// @title How certified periods settle, and who can keep one from it
/// @dev A proposal is final when its window is over and somebody finalises it. Until then it goes again by fraud that anybody
/// proves, by the guardian's veto, or by its age.
abstract contract Periods is Escrow {
    bytes32 private constant PERIOD_TYPEHASH = keccak256(
        "Period(uint64 period,uint64 fromInterval,uint64 toInterval,uint64 coversUntil,bytes32 prevPeriod,bytes32 head,bytes32 accountsRoot,bytes32 vectorHash,bytes32 wideHash,bytes32 dataHash)"
    );

    /// @notice Seconds between proposal and settlement.
    uint48 public immutable challengeWindow;
    /// @notice Seconds after the window at which an unsettled proposal may be dropped.
    uint48 public immutable proposalTtl;
    /// @notice Seconds that the street's clock may be ahead of the chain's.
    uint48 public immutable aheadSeconds;
    /// @notice The longest pause, in seconds; 0: the vault can't be paused.
    uint48 public immutable maxPause;
    /// @notice Says what counts as fraud; 0: nobody can prove any.
    IDisputes public immutable disputes;
    uint48 private immutable _firstPeriod;

    /// @dev Struct hash of the open proposal, else of the last settled period: a proposal that is settled leaves it as it is.
    bytes32 private _link;
    /// @dev When the cool-down of the last pause is over.
    uint48 private _nextPause;
    mapping(bytes32 structHash => bool) private _refused;

    constructor(Config memory config) {
        challengeWindow = config.challengeWindow;
        proposalTtl = config.proposalTtl;
        aheadSeconds = config.aheadSeconds;
        maxPause = config.maxPause;
        disputes = config.disputes;
        _firstPeriod = config.firstPeriod;
        Progress memory progress;
        progress.nextPeriod = config.firstPeriod;
        _setProgress(progress);
        _link = config.prevPeriod;
    }

    /// @inheritdoc IGridVault
    function propose(Period calldata p, bytes calldata vector, bytes calldata wide, bytes calldata cert) external {
        Progress memory progress = _progress();
        _requireUnpaused(progress);
        _checkOrder(p, progress);
        bytes32 structHash = _structHash(p);
        if (progress.isRefused && _refused[structHash]) revert ProposalRefused();
        bytes32 signed = _hashTypedDataV4(structHash);
        _checkQuorum(signed, cert, p.fromInterval);
        _checkBytes(p, vector, wide);
        (int256 sum, uint256 falling) = Deltas.sumWide(wide);
        sum += Deltas.sumVector(vector, homeCount());
        if (sum != 0) revert NotConserved(sum);

        // From now on nobody changes who certifies this period, not even of the first one.
        progress.nextInterval = uint48(p.fromInterval);
        progress.proposedAt = uint48(block.timestamp);
        // The supplier's account bears what homes may lack, and how much that is shows only when balances change.
        progress.falling = uint8(falling | (1 << Deltas.SUPPLIER));
        _setProgress(progress);
        _link = structHash;
        emit PeriodProposed(p.period, signed);
    }

    /// @inheritdoc IGridVault
    function finalize(Period calldata p, bytes calldata vector, bytes calldata wide) external {
        Progress memory progress = _progress();
        _requireUnpaused(progress);
        bytes32 structHash = _requireProposed(p, progress);
        uint256 until = _finalizableAt(progress);
        if (block.timestamp < until) revert WindowOpen(uint64(until));
        _checkBytes(p, vector, wide);

        progress.nextPeriod += 1;
        progress.nextInterval = uint48(p.toInterval + 1);
        progress.settledUntil = uint48(p.coversUntil);
        progress.proposedAt = 0;
        progress.isRefused = false;
        _setProgress(progress);
        // What homes lack for it is told after it.
        emit PeriodSettled(p.period, p.head, _hashTypedDataV4(structHash), p.coversUntil);
        _applyWide(wide, _applyVector(vector));
    }

    /// @inheritdoc IGridVault
    function expire(Period calldata p) external {
        Progress memory progress = _progress();
        bytes32 structHash = _requireProposed(p, progress);
        uint256 until = _finalizableAt(progress) + proposalTtl;
        if (block.timestamp < until) revert ProposalFresh(uint64(until));
        _drop(p, progress);
        emit ProposalExpired(p.period, _hashTypedDataV4(structHash));
    }

    /// @inheritdoc IGridVault
    function challenge(Period calldata p, IDisputes.Fraud kind, bytes calldata proof) external {
        Progress memory progress = _progress();
        bytes32 structHash = _requireProposed(p, progress);
        if (block.timestamp >= _finalizableAt(progress)) revert WindowClosed();
        if (address(disputes) == address(0)) revert NoDisputes();
        disputes.prove(p, kind, proof);
        _refuse(p, progress, structHash);
        emit FraudProven(p.period, _hashTypedDataV4(structHash), kind, msg.sender);
    }

    /// @inheritdoc IGridVault
    function veto(Period calldata p) external restricted {
        Progress memory progress = _progress();
        bytes32 structHash = _requireProposed(p, progress);
        _refuse(p, progress, structHash);
        emit ProposalVetoed(p.period, _hashTypedDataV4(structHash));
    }

    /// @inheritdoc IGridVault
    function pause(uint256 duration) external restricted {
        if (duration == 0 || duration > maxPause) revert BadPause(duration, maxPause);
        if (block.timestamp < _nextPause) revert PauseCoolingDown(_nextPause);
        uint256 until = block.timestamp + duration;
        Progress memory progress = _progress();
        progress.pausedUntil = uint48(until);
        _setProgress(progress);
        _nextPause = uint48(until + duration);
        emit Paused(uint64(until));
    }

    /// @inheritdoc IGridVault
    function unpause() external restricted {
        Progress memory progress = _progress();
        if (block.timestamp >= progress.pausedUntil) revert NotPaused();
        progress.pausedUntil = 0;
        _setProgress(progress);
        emit Unpaused();
    }

    /// @inheritdoc IGridVault
    function nextPeriod() external view returns (uint64) {
        return _progress().nextPeriod;
    }

    /// @inheritdoc IGridVault
    function settledUntil() external view returns (uint64) {
        return _progress().settledUntil;
    }

    /// @inheritdoc IGridVault
    function status() external view returns (Status memory) {
        Progress memory progress = _progress();
        bool isOpen = progress.proposedAt != 0;
        return
            Status({
                nextPeriod: progress.nextPeriod,
                nextInterval: progress.nextInterval,
                settledUntil: progress.settledUntil,
                link: _link,
                proposal: isOpen ? _hashTypedDataV4(_link) : bytes32(0),
                finalizableAt: isOpen ? uint64(_finalizableAt(progress)) : 0,
                pausedUntil: progress.pausedUntil,
                nextPause: _nextPause,
                homeCount: uint32(homeCount()),
                registryHead: registryHead
            });
    }

    /// @inheritdoc IGridVault
    function digest(Period calldata p) external view returns (bytes32) {
        return _hashTypedDataV4(_structHash(p));
    }

    /// @dev Reverts unless `p` may come next by its numbers and its link. What passes fits the fields of Progress.
    function _checkOrder(Period calldata p, Progress memory progress) private view {
        if (p.period != progress.nextPeriod) revert WrongPeriod(progress.nextPeriod, p.period);
        if (progress.proposedAt != 0) revert ProposalOpen();
        if (p.prevPeriod != _link) revert WrongLink(_link, p.prevPeriod);
        bool follows = progress.nextInterval == 0 || p.fromInterval == progress.nextInterval;
        // The last interval there is has no next one.
        bool isRange = p.fromInterval <= p.toInterval && p.toInterval < type(uint48).max;
        if (!follows || !isRange || p.coversUntil < progress.settledUntil) revert BadIntervalRange();
        if (p.coversUntil > block.timestamp + aheadSeconds || p.coversUntil > type(uint48).max) revert FutureCover();
    }

    /// @dev Reverts unless `p` is the open proposal, and returns its struct hash.
    function _requireProposed(Period calldata p, Progress memory progress) private view returns (bytes32 structHash) {
        if (progress.proposedAt == 0) revert NoProposal();
        structHash = _structHash(p);
        if (structHash != _link) revert ProposalMismatch();
    }

    /// @dev Takes the open proposal `p` back, as if it had never been made.
    function _drop(Period calldata p, Progress memory progress) private {
        progress.proposedAt = 0;
        // The street may begin anywhere still.
        if (p.period == _firstPeriod) progress.nextInterval = 0;
        _setProgress(progress);
        _link = p.prevPeriod;
    }

    /// @dev Takes the open proposal `p` back for ever.
    function _refuse(Period calldata p, Progress memory progress, bytes32 structHash) private {
        progress.isRefused = true;
        _refused[structHash] = true;
        _drop(p, progress);
    }

    function _checkBytes(Period calldata p, bytes calldata vector, bytes calldata wide) private pure {
        if (keccak256(vector) != p.vectorHash || keccak256(wide) != p.wideHash) revert VectorMismatch();
    }

    function _structHash(Period calldata p) private pure returns (bytes32 structHash) {
        bytes32 typeHash = PERIOD_TYPEHASH;
        // Every field is static, so the struct encodes as its own ten words in order.
        assembly ("memory-safe") {
            let words := mload(64)
            mstore(words, typeHash)
            calldatacopy(add(words, 32), p, 320)
            structHash := keccak256(words, 352)
        }
    }

    function _finalizableAt(Progress memory progress) private view returns (uint256) {
        return uint256(progress.proposedAt) + challengeWindow;
    }
}
