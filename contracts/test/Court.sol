// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {Market} from "./Market.sol";
import {MarketLife} from "./MarketLife.sol";
import {Reference} from "./Reference.sol";

/// @title Periods of a street, the proofs that can be shown of them, and what Disputes says
abstract contract Court is MarketLife {
    /// @dev A period's first interval, and how many results it binds.
    uint64 internal constant FROM = 48_000;
    uint256 internal constant RESULTS = PERIOD_INTERVALS + 2;
    /// @dev Where the interval stands that all homes trade in, and where it is settled.
    uint256 internal constant TRADED = 1;
    uint256 internal constant SETTLED = 3;

    bytes private _kept;

    function _newDisputes() internal virtual override returns (IDisputes) {
        return IDisputes(vm.deployCode("Disputes.sol:Disputes", abi.encode(_rulesHash(), address(0))));
    }

    /// @dev A period as honest homes certify it: the street's first one, or its second.
    function _honest(uint256 seed, bool isFirst) internal view returns (Market.Bound memory) {
        return _honestFrom(FROM, seed, isFirst);
    }

    /// @dev The same, with another first interval.
    function _honestFrom(uint64 from, uint256 seed, bool isFirst) internal view returns (Market.Bound memory bound) {
        uint256 before = isFirst ? 0 : PERIOD_INTERVALS;
        Market.Moment[] memory all = _life(seed, from - before, before + RESULTS);
        bound.moments = new Market.Moment[](RESULTS);
        for (uint256 i; i < RESULTS; ++i) bound.moments[i] = all[before + i];
        (bound.period.period, bound.previous.period) = (FIRST_PERIOD + 1, FIRST_PERIOD);
        (bound.period.fromInterval, bound.period.toInterval) = (from, from + uint64(PERIOD_INTERVALS) - 1);
        bound.period.wideHash = keccak256("");
        _carry(bound);
        Market.bind(bound, isFirst ? bytes32(0) : keccak256("what came before"));
    }

    /// @dev The second period of a street that always is the same; made once for each test.
    function _honest() internal view returns (Market.Bound memory) {
        return abi.decode(_kept, (Market.Bound));
    }

    function _openCourt() internal {
        _open(8, 4);
        _kept = abi.encode(_honest(20_261_127, false));
    }

    /// @dev The vector that follows from the last accounts.
    function _carry(Market.Bound memory bound) private pure {
        IDisputes.Account[] memory accounts = bound.moments[RESULTS - 1].accounts;
        int256[] memory changes = new int256[](8);
        for (uint256 i; i < accounts.length; ++i) changes[accounts[i].home] = _dueTicks(accounts[i]);
        bound.vector = Reference.vector(changes);
    }

    /// @dev Every root and link once more, after a lie.
    function _rebind(Market.Bound memory bound) internal pure {
        Market.bind(bound, bound.results[0].prevHead);
    }

    /// @dev The bound period as the vault's next one; the supplier takes what homes leave over.
    function _proposed(Market.Bound memory bound) internal view returns (Batch memory batch) {
        int256 rest = -Reference.sum(bound.vector);
        batch = _batch(bound.vector, rest == 0 ? bytes("") : Reference.wide(0, rest));
        (batch.period.fromInterval, batch.period.toInterval) = (bound.period.fromInterval, bound.period.toInterval);
        (batch.period.head, batch.period.accountsRoot) = (bound.period.head, bound.period.accountsRoot);
    }

    /// @dev Results from the last one back to the one in this place.
    function _backTo(Market.Bound memory bound, uint256 place) internal pure returns (IDisputes.Result[] memory results) {
        results = new IDisputes.Result[](bound.results.length - place);
        for (uint256 i; i < results.length; ++i) results[i] = bound.results[bound.results.length - 1 - i];
    }

    function _accountProof(Market.Bound memory bound, uint256 home) internal pure returns (IDisputes.AccountProof memory proof) {
        proof.results = _backTo(bound, RESULTS - 1);
        proof.home = home;
        proof.account = _accountShown(bound.moments[RESULTS - 1].accounts, home);
        proof.vector = bound.vector;
    }

    function _orderProof(Market.Bound memory bound, uint256 place, uint256 fill) internal pure returns (IDisputes.OrderProof memory proof) {
        proof.results = _backTo(bound, place);
        proof.clearing = Market.clearing(bound.moments[place]);
        proof.fill = _fillShown(bound.moments[place].fills, fill);
    }

    /// @dev With `count` fills from `first` on.
    function _fillsProof(
        Market.Bound memory bound,
        uint256 place,
        uint256 home,
        uint256 first,
        uint256 count
    ) internal pure returns (IDisputes.DoubleFillProof memory proof) {
        proof.results = _backTo(bound, place);
        proof.clearing = Market.clearing(bound.moments[place]);
        proof.home = home;
        proof.traded = _homeShown(bound.moments[place].homes, home);
        proof.fills = new IDisputes.FillShown[](count);
        for (uint256 i; i < count; ++i) proof.fills[i] = _fillShown(bound.moments[place].fills, first + i);
    }

    /// @dev Of the ledger in this place, with as many results before as there are, up to two.
    function _stepProof(Market.Bound memory bound, uint256 place, uint256 home) internal pure returns (IDisputes.LedgerStepProof memory proof) {
        uint256 back = place < 2 ? 0 : place - 2;
        proof.results = _backTo(bound, back);
        proof.step = RESULTS - 1 - place;
        proof.clearing = Market.clearing(bound.moments[back]);
        proof.home = home;
        proof.traded = _homeShown(bound.moments[back].homes, home);
        if (place > 0) proof.earlier = _accountShown(bound.moments[place - 1].accounts, home);
        proof.later = _accountShown(bound.moments[place].accounts, home);
        (proof.numbers, proof.restOfRules) = (_numbers(), REST_OF_RULES);
    }

    function _fillShown(IDisputes.Fill[] memory leaves, uint256 place) internal pure returns (IDisputes.FillShown memory) {
        return IDisputes.FillShown(leaves[place], Market.path(Market.hashes(leaves), place));
    }

    /// @dev The home's own leaf, or the one before where it would stand.
    function _homeShown(IDisputes.Home[] memory leaves, uint256 home) internal pure returns (IDisputes.HomeShown memory shown) {
        uint256 place;
        while (place + 1 < leaves.length && leaves[place + 1].home <= home) ++place;
        if (leaves.length > 0) shown = IDisputes.HomeShown(leaves[place], Market.path(Market.hashes(leaves), place));
    }

    function _accountShown(IDisputes.Account[] memory leaves, uint256 home) internal pure returns (IDisputes.AccountShown memory shown) {
        uint256 place;
        while (place + 1 < leaves.length && leaves[place + 1].home <= home) ++place;
        if (leaves.length > 0) shown = _accountAt(leaves, place);
    }

    function _accountAt(IDisputes.Account[] memory leaves, uint256 place) internal pure returns (IDisputes.AccountShown memory) {
        return IDisputes.AccountShown(leaves[place], Market.path(Market.hashes(leaves), place));
    }

    function _judge(Market.Bound memory bound, IDisputes.AccountProof memory proof) internal returns (bytes memory) {
        return _judge(bound.period, IDisputes.Fraud.Account, abi.encode(proof));
    }

    function _judge(Market.Bound memory bound, IDisputes.OrderProof memory proof) internal returns (bytes memory) {
        return _judge(bound.period, IDisputes.Fraud.Order, abi.encode(proof));
    }

    function _judge(Market.Bound memory bound, IDisputes.DoubleFillProof memory proof) internal returns (bytes memory) {
        return _judge(bound.period, IDisputes.Fraud.DoubleFill, abi.encode(proof));
    }

    function _judge(Market.Bound memory bound, IDisputes.LedgerStepProof memory proof) internal returns (bytes memory) {
        return _judge(bound.period, IDisputes.Fraud.LedgerStep, abi.encode(proof));
    }

    /// @dev What Disputes refuses with when the vault asks; "fraud" when it doesn't.
    function _judge(IGridVault.Period memory period, IDisputes.Fraud kind, bytes memory proof) internal returns (bytes memory) {
        vm.prank(address(vault));
        try disputes.prove(period, kind, proof) {
            return "fraud";
        } catch (bytes memory refusal) {
            return refusal;
        }
    }

    function _assertFraud(bytes memory said, string memory what) internal pure {
        vm.assertEq(said, "fraud", what);
    }

    function _assertNoFraud(bytes memory said, string memory what) internal pure {
        vm.assertEq(said, abi.encodeWithSelector(IDisputes.NoFraud.selector), what);
    }

    function _assertInvalid(bytes memory said, string memory what) internal pure {
        vm.assertEq(said, abi.encodeWithSelector(IDisputes.ProofInvalid.selector), what);
    }

    /// @dev The words of a struct, one of them another.
    function _poke(bytes memory words, uint256 place, uint256 value) internal pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(add(add(words, 32), mul(32, place)), value)
        }
        return words;
    }

    function _word(bytes memory words, uint256 place) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(words, 32), mul(32, place)))
        }
    }
}
