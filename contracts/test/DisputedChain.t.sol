// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {Court} from "./Court.sol";
import {Market} from "./Market.sol";

/// @title The chain of results under every kind of proof; and bytes that are drawn
contract DisputedChainTest is Court {
    uint256 private constant KINDS = 4;

    function setUp() external {
        _openCourt();
    }

    /// @dev A proof of each kind, of the same home and interval, with these results.
    function _proof(Market.Bound memory bound, uint256 kind, IDisputes.Result[] memory results) private pure returns (bytes memory) {
        if (kind == 0) {
            IDisputes.AccountProof memory account = _accountProof(bound, 1);
            account.results = results;
            return abi.encode(account);
        }
        if (kind == 1) {
            IDisputes.OrderProof memory order = _orderProof(bound, TRADED, 0);
            order.results = results;
            return abi.encode(order);
        }
        if (kind == 2) {
            IDisputes.DoubleFillProof memory fills = _fillsProof(bound, TRADED, 1, 0, 2);
            fills.results = results;
            return abi.encode(fills);
        }
        IDisputes.LedgerStepProof memory step = _stepProof(bound, SETTLED, 1);
        step.results = results;
        return abi.encode(step);
    }

    function _judgeAs(uint256 kind, Market.Bound memory bound, IDisputes.Result[] memory results) private returns (bytes memory) {
        return _judge(bound.period, IDisputes.Fraud(kind), _proof(bound, kind, results));
    }

    function test_everyWordOfAResultIsInItsHash() external {
        Market.Bound memory bound = _honest();
        for (uint256 kind; kind < KINDS; ++kind) {
            _assertNoFraud(_judgeAs(kind, bound, _backTo(bound, TRADED)), "the truth");
            for (uint256 word; word < 8; ++word) {
                IDisputes.Result[] memory results = _backTo(bound, TRADED);
                bytes memory told = abi.encode(results[word % results.length]);
                results[word % results.length] = abi.decode(_poke(told, word, _word(told, word) ^ 1), (IDisputes.Result));
                _assertInvalid(_judgeAs(kind, bound, results), string.concat("word ", vm.toString(word)));
            }
        }
    }

    function test_asManyResultsAsThePeriodHas() external {
        for (uint256 kind; kind < KINDS; ++kind) {
            Market.Bound memory bound = _honest();
            _assertInvalid(_judgeAs(kind, bound, new IDisputes.Result[](0)), "none");
            bound.period.fromInterval += uint64(TRADED);
            _assertNoFraud(_judgeAs(kind, bound, _backTo(bound, TRADED)), "all");
            ++bound.period.fromInterval;
            _assertInvalid(_judgeAs(kind, bound, _backTo(bound, TRADED)), "more");
            bound.period.fromInterval = bound.period.toInterval + 1;
            _assertInvalid(_judgeAs(kind, bound, _backTo(bound, RESULTS - 1)), "a period without an interval");
        }
    }

    function test_aChainThatIsWrongItself() external {
        for (uint256 kind; kind < KINDS; ++kind) {
            Market.Bound memory bound = _honest();
            --bound.results[2].interval;
            Market.relink(bound, 3);
            _assertFraud(_judgeAs(kind, bound, _backTo(bound, TRADED)), "an interval twice");
            bound = _honest();
            bound.results[2].kind = 2;
            Market.relink(bound, 3);
            _assertFraud(_judgeAs(kind, bound, _backTo(bound, TRADED)), "no kind of result");
            bound = _honest();
            bound.results[2].prevHead = 0;
            Market.relink(bound, 3);
            _assertFraud(_judgeAs(kind, bound, _backTo(bound, 2)), "a street that begins in the middle");
            bound = _honest();
            --bound.period.toInterval;
            _assertFraud(_judgeAs(kind, bound, _backTo(bound, TRADED)), "another end");
        }
    }

    function test_aStreetBeginsWithItsFirstPeriod() external {
        for (uint256 kind; kind < KINDS; ++kind) {
            Market.Bound memory bound = _honest(7, true);
            _assertNoFraud(_judgeAs(kind == 0 ? 0 : 3, bound, _backTo(bound, 0)), "its first interval");
            bound.results[1].prevHead = 0;
            Market.relink(bound, 2);
            _assertFraud(_judgeAs(kind, bound, _backTo(bound, 1)), "its second");
        }
    }

    /// @dev The head of the period before is that of this one's second interval.
    function test_aPeriodGoesOnFromTheOneBefore() external {
        Market.Bound memory bound = _honest();
        IDisputes.AccountProof memory proof = _accountProof(bound, 1);
        (proof.results, proof.previous) = (_backTo(bound, 2), bound.previous);
        _assertNoFraud(_judge(bound, proof), "it goes on");
        proof.previous.head = 0;
        _assertNoFraud(_judge(bound, proof), "that isn't the period before");
        bound.period.prevPeriod = Market.hash(proof.previous);
        _assertFraud(_judge(bound, proof), "a fork");
        proof.results = _backTo(bound, 3);
        _assertNoFraud(_judge(bound, proof), "that isn't shown down to the third");
        proof.results = _backTo(bound, 1);
        _assertNoFraud(_judge(bound, proof), "nor with the second");
        ++proof.previous.period;
        proof.results = _backTo(bound, 2);
        _assertNoFraud(_judge(bound, proof), "nor with another period");
    }

    /// @dev Whatever stands in a leaf that was certified, the answer is one of three, and no sum breaks.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_anyNumberIsJudged(uint256 drawn, uint256 value, uint256 home) external {
        Market.Bound memory bound = _honest();
        uint256[8] memory edges = [value, value % 2 ** 53, 0, 2 ** 53 - 1, 2 ** 53, 2 ** 255, type(uint256).max, 2 ** 254];
        value = edges[drawn % 8];
        uint256 place = drawn % 16 < 8 ? TRADED : SETTLED - 1;
        _lie(bound, drawn >> 4, value);
        _rebind(bound);
        home = home % 8 == 0 ? home : home % 8;
        _assertNamed(_judge(bound, _accountProof(bound, home)));
        IDisputes.LedgerStepProof memory step = _stepProof(bound, SETTLED, home);
        if (drawn % 5 == 0) step.step = value;
        _assertNamed(_judge(bound, step));
        _assertNamed(_judge(bound, _stepProof(bound, SETTLED, _trader(drawn % 3))));
        _assertNamed(_judge(bound, _orderProof(bound, TRADED, drawn % 4)));
        uint256 count = bound.moments[place].fills.length;
        _assertNamed(_judge(bound, _fillsProof(bound, place, _trader(drawn % 3), 0, count)));
    }

    /// @dev A word of a leaf of what is traded or settled.
    function _lie(Market.Bound memory bound, uint256 drawn, uint256 value) private pure {
        uint256 t = (drawn >> 8) % 3;
        if (drawn % 4 == 0) {
            IDisputes.Fill[] memory fills = bound.moments[TRADED].fills;
            fills[t] = abi.decode(_poke(abi.encode(fills[t]), (drawn >> 16) % 13, value), (IDisputes.Fill));
        } else if (drawn % 4 == 1) {
            IDisputes.Home[] memory homes = bound.moments[TRADED].homes;
            homes[t] = abi.decode(_poke(abi.encode(homes[t]), (drawn >> 16) % 9, value), (IDisputes.Home));
        } else {
            uint256 place = drawn % 4 == 2 ? SETTLED : SETTLED - 1;
            IDisputes.Account[] memory accounts = bound.moments[place].accounts;
            accounts[t] = abi.decode(_poke(abi.encode(accounts[t]), (drawn >> 16) % 15, value), (IDisputes.Account));
            if (drawn % 8 > 5) bound.moments[RESULTS - 1].accounts = accounts;
        }
    }

    function _assertNamed(bytes memory said) private pure {
        bool isNamed = keccak256(said) == keccak256("fraud") || bytes4(said) == IDisputes.NoFraud.selector;
        vm.assertTrue(isNamed || bytes4(said) == IDisputes.ProofInvalid.selector, "one of three answers");
    }

    /// @dev A proof with other bytes, cut or made longer: nothing is shown against homes that told the truth.
    /// forge-config: default.fuzz.runs = 128
    function testFuzz_otherBytesShowNothing(uint256 kind, uint256 place, uint256 change, bytes calldata more) external {
        Market.Bound memory bound = _honest();
        bytes memory proof = _proof(bound, kind % KINDS, _backTo(bound, kind % KINDS == 0 ? 2 : TRADED));
        place = place % proof.length;
        if (change % 4 < 2) proof[place] ^= bytes1(uint8(1 + ((change >> 8) % 255)));
        else if (change % 4 == 2) _poke(proof, place / 32, change >> 3);
        else proof = bytes.concat(_first(proof, place), more);
        _assertShowsNothing(_judge(bound.period, IDisputes.Fraud(kind % KINDS), proof));
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_junkShowsNothing(uint256 kind, bytes calldata junk) external {
        Market.Bound memory bound = _honest();
        _assertShowsNothing(_judge(bound.period, IDisputes.Fraud(kind % KINDS), junk));
    }

    /// @dev Named, or bytes that are no such struct: those have no reason, or ask for more memory than there is (Panic 0x41).
    function _assertShowsNothing(bytes memory said) private pure {
        bool isNamed = bytes4(said) == IDisputes.NoFraud.selector || bytes4(said) == IDisputes.ProofInvalid.selector;
        bool isNoStruct = said.length == 0 || keccak256(said) == keccak256(abi.encodeWithSignature("Panic(uint256)", 0x41));
        vm.assertTrue(isNamed || isNoStruct, "nothing is shown");
    }

    function _first(bytes memory all, uint256 count) private pure returns (bytes memory part) {
        part = new bytes(count);
        for (uint256 i; i < count; ++i) part[i] = all[i];
    }
}
