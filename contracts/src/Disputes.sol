// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ICommunity} from "./ICommunity.sol";
import {IDisputes} from "./IDisputes.sol";
import {IGridVault} from "./IGridVault.sol";
import {IRegistry} from "./IRegistry.sol";
import {LedgerSteps} from "./LedgerSteps.sol";
import {Openings} from "./Openings.sol";

/// @title The four faults of a period that anyone can show
/// @notice Holds nothing and knows two things: the market rules that the street began with, and where homes vote on others. Against a period of honest homes every proof that opens says `NoFraud`.
contract Disputes is IDisputes {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant ORDER_TYPEHASH =
        keccak256("Order(uint32 home,uint64 interval,uint8 side,uint32 energyWh,uint32 limitMicroPerKwh,uint32 seq)");
    uint256 private constant TRADE = 0;
    uint256 private constant BUY = 0;

    /// @inheritdoc IDisputes
    bytes32 public immutable rulesHash;
    /// @inheritdoc IDisputes
    ICommunity public immutable community;

    /// @param rulesHash_ Hash of the market rules that the street begins with.
    /// @param community_ What homes vote with; 0 where they never do.
    constructor(bytes32 rulesHash_, ICommunity community_) {
        rulesHash = rulesHash_;
        community = community_;
    }

    /// @inheritdoc IDisputes
    function prove(IGridVault.Period calldata p, Fraud kind, bytes calldata proof) external view {
        bool isFraud;
        if (kind == Fraud.Account) isFraud = _isAccountWrong(p, abi.decode(proof, (AccountProof)));
        else if (kind == Fraud.Order) isFraud = _isFillWrong(p, abi.decode(proof, (OrderProof)));
        else if (kind == Fraud.DoubleFill) isFraud = _areFillsWrong(p, abi.decode(proof, (DoubleFillProof)));
        else isFraud = _isStepWrong(p, abi.decode(proof, (LedgerStepProof)));
        if (!isFraud) revert NoFraud();
    }

    function _isAccountWrong(IGridVault.Period calldata p, AccountProof memory shown) private pure returns (bool) {
        if (Openings.isBroken(p, shown.results) || Openings.isForked(p, shown.results, shown.previous)) return true;
        if (shown.results[0].ledgerRoot != p.accountsRoot) return true;
        if (keccak256(shown.vector) != p.vectorHash) revert ProofInvalid();
        int256 lane = _laneOf(shown.vector, shown.home);
        if (!Openings.hasAccount(p.accountsRoot, shown.home, shown.account)) return lane != 0;
        Account memory leaf = shown.account.leaf;
        return !Openings.isSane(leaf) || lane != LedgerSteps.dueTicks(leaf);
    }

    function _isFillWrong(IGridVault.Period calldata p, OrderProof memory shown) private view returns (bool) {
        if (Openings.isBroken(p, shown.results)) return true;
        Result memory result = _clearedIn(p, shown.results, shown.clearing);
        Openings.requireFill(shown.clearing, shown.fill);
        Fill memory fill = shown.fill.leaf;
        if (result.kind != TRADE || !Openings.isSane(fill) || !_isFair(fill)) return true;
        return !_isSigned(fill, result.interval, p.fromInterval);
    }

    function _areFillsWrong(IGridVault.Period calldata p, DoubleFillProof memory shown) private pure returns (bool) {
        if (Openings.isBroken(p, shown.results)) return true;
        _clearedIn(p, shown.results, shown.clearing);
        bool hasTraded = Openings.hasTraded(shown.clearing, shown.home, shown.traded);
        Home memory traded;
        if (hasTraded) traded = shown.traded.leaf;
        if (!Openings.isSane(traded)) return true;
        for (uint256 i; i < shown.fills.length; ++i) {
            Openings.requireFill(shown.clearing, shown.fills[i]);
            Fill memory fill = shown.fills[i].leaf;
            if (!Openings.isSane(fill)) return true;
            bool isInRange = fill.position >= traded.firstFill && fill.position < traded.firstFill + traded.fillCount;
            if (isInRange != (fill.home == shown.home)) return true;
            if (i > 0 && _contradict(shown.fills[i - 1].leaf, fill)) return true;
        }
        return hasTraded && _isSumWrong(traded, shown.fills);
    }

    function _isStepWrong(IGridVault.Period calldata p, LedgerStepProof memory shown) private view returns (bool) {
        if (Openings.isBroken(p, shown.results)) return true;
        if (keccak256(bytes.concat(keccak256(abi.encode(shown.numbers)), shown.restOfRules)) != rulesHash) revert ProofInvalid();
        return LedgerSteps.isWrong(shown) && !_isRightByVote(shown, p.fromInterval);
    }

    /// @dev Under a charge that homes had decided on for the period or before: those that hear late of a vote go on with the rules they know.
    function _isRightByVote(LedgerStepProof memory shown, uint256 from) private view returns (bool) {
        if (address(community) == address(0)) return false;
        ICommunity.Rules[] memory decided = community.rulesHistory();
        for (uint256 i; i < decided.length; ++i) {
            if (decided[i].since > from) break;
            shown.numbers.withheldCharge = decided[i].numbers.withheldCharge;
            if (!LedgerSteps.isWrong(shown)) return true;
        }
        return false;
    }

    /// @dev The last result shown, which must be of the period's own intervals and have this clearing.
    function _clearedIn(
        IGridVault.Period calldata p,
        Result[] memory results,
        Clearing memory clearing
    ) private pure returns (Result memory result) {
        result = results[results.length - 1];
        if (result.interval > p.toInterval) revert ProofInvalid();
        Openings.requireClearing(result, clearing);
    }

    /// @dev Some energy, no more than ordered, at the price that is told, within the limit.
    function _isFair(Fill memory fill) private pure returns (bool) {
        if (fill.energy == 0 || fill.energy > fill.wanted || fill.amount < 0) return false;
        uint256 amount = uint256(fill.amount);
        uint256 atLimit = fill.energy * fill.limit;
        bool isWithinLimit = fill.side == BUY ? amount <= atLimit : amount >= atLimit;
        return isWithinLimit && amount / fill.energy == fill.price;
    }

    /// @dev Under a key that the home had when the period began or before: homes that can't reach the chain go on with the keys they know.
    function _isSigned(Fill memory fill, uint256 interval, uint256 from) private view returns (bool) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Commonwatt"), keccak256("1"), block.chainid, msg.sender, rulesHash)
        );
        bytes32 order = keccak256(
            abi.encode(ORDER_TYPEHASH, fill.home, interval, fill.side, fill.wanted, fill.limit, fill.seq)
        );
        bytes32 signed = MessageHashUtils.toTypedDataHash(domain, order);
        if (signed != fill.order) return false;
        (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(signed, uint8(fill.v), fill.r, fill.s);
        return problem == ECDSA.RecoverError.NoError && _isKeyOf(fill.home, signer, from);
    }

    function _isKeyOf(uint256 home, address signer, uint256 from) private view returns (bool) {
        (IRegistry.Home[] memory page, IRegistry.Key[][] memory former) = IRegistry(msg.sender).homes(home, 1);
        if (page.length == 0) return false;
        if (page[0].agent == signer && page[0].agentSince <= from) return true;
        for (uint256 i; i < former[0].length; ++i) {
            if (former[0][i].agent == signer && former[0][i].since <= from) return true;
        }
        return false;
    }

    /// @dev Two leaves at one place, one order filled twice, or leaves out of order.
    function _contradict(Fill memory a, Fill memory b) private pure returns (bool) {
        bool isSame = keccak256(abi.encode(a)) == keccak256(abi.encode(b));
        if (a.position == b.position) return !isSame;
        if (a.order == b.order) return true;
        bool isBelow = a.home == b.home ? a.order < b.order : a.home < b.home;
        return isBelow != (a.position < b.position);
    }

    /// @dev Looks only when all of the home's fills are shown, in order.
    function _isSumWrong(Home memory traded, FillShown[] memory fills) private pure returns (bool) {
        if (fills.length != traded.fillCount) return false;
        uint256 bought;
        uint256 sold;
        int256 amount;
        for (uint256 i; i < fills.length; ++i) {
            Fill memory fill = fills[i].leaf;
            if (fill.position != traded.firstFill + i) return false;
            if (fill.side == BUY) bought += fill.energy;
            else sold += fill.energy;
            amount += fill.side == BUY ? -fill.amount : fill.amount;
        }
        return bought != traded.bought || sold != traded.sold || amount != traded.tradeAmount;
    }

    /// @dev The home's change in ticks, as `Lanes` writes it; 0 behind the end.
    function _laneOf(bytes memory vector, uint256 home) private pure returns (int256) {
        if (home >= vector.length / 4) return 0;
        uint256 zigzag;
        assembly ("memory-safe") {
            zigzag := shr(224, mload(add(add(vector, 32), shl(2, home))))
        }
        int256 half = int256(zigzag >> 1);
        return zigzag & 1 == 1 ? -half - 1 : half;
    }
}
