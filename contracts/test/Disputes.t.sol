// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/IDisputes.sol";
import {Court} from "./Court.sol";
import {Market} from "./Market.sol";

/// @title What Disputes says to proofs of honest periods and of lies, kind by kind
contract DisputesTest is Court {
    uint256 private constant BOUND = 2 ** 53;

    function setUp() external {
        _openCourt();
    }

    function test_knowsItsRules() external view {
        vm.assertEq(disputes.rulesHash(), _rulesHash(), "rules");
    }

    /// @dev All that can be shown of it, by the whole street: homes with and without an account, and one that the registry doesn't have.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_honestHomesAreNeverAtFault(uint256 seed, bool isFirst) external {
        Market.Bound memory bound = _honest(seed, isFirst);
        for (uint256 home; home < 9; ++home) {
            _assertNoFraud(_judge(bound, _accountProof(bound, home)), "account");
            for (uint256 place = isFirst ? 0 : 2; place < RESULTS; ++place)
                _assertNoFraud(_judge(bound, _stepProof(bound, place, home)), "step");
        }
        for (uint256 place; place < PERIOD_INTERVALS; ++place) _assertHonestTrade(bound, place);
    }

    function _assertHonestTrade(Market.Bound memory bound, uint256 place) private {
        Market.Moment memory moment = bound.moments[place];
        for (uint256 fill; fill < moment.fills.length; ++fill) _assertNoFraud(_judge(bound, _orderProof(bound, place, fill)), "order");
        for (uint256 i; i < moment.homes.length; ++i) {
            IDisputes.Home memory home = moment.homes[i];
            IDisputes.DoubleFillProof memory proof = _fillsProof(bound, place, home.home, home.firstFill, home.fillCount);
            _assertNoFraud(_judge(bound, proof), "a home's fills");
        }
        for (uint256 home; home < 9; ++home)
            _assertNoFraud(_judge(bound, _fillsProof(bound, place, home, 0, moment.fills.length)), "all fills");
    }

    /// @dev Each word of an account, as it is told after the interval that all homes traded in is settled, for a home that was read, one
    /// that wasn't and one that has no meter.
    function test_eachWordOfAnAccountFollowsFromTheOneBefore() external {
        for (uint256 t; t < TRADERS; ++t) {
            for (uint256 word = 3; word < 15; ++word) {
                Market.Bound memory bound = _honest();
                IDisputes.LedgerStepProof memory truth = _stepProof(bound, SETTLED, _trader(t));
                _assertNoFraud(_judge(bound, truth), "the truth");
                bytes memory told = abi.encode(bound.moments[SETTLED].accounts[t]);
                told = _poke(told, word, _word(told, word) + 1);
                bound.moments[SETTLED].accounts[t] = abi.decode(told, (IDisputes.Account));
                _rebind(bound);
                string memory what = string.concat("word ", vm.toString(word), " of home ", vm.toString(_trader(t)));
                _assertFraud(_judge(bound, _stepProof(bound, SETTLED, _trader(t))), what);
                _assertInvalid(_judge(bound, truth), what);
            }
        }
    }

    /// @dev What batches carried changes with the interval after a batch, and with no other.
    function test_whatBatchesCarried() external {
        for (uint256 place = 2; place < RESULTS; ++place) {
            Market.Bound memory bound = _honest();
            --bound.moments[place].accounts[0].carriedTicks;
            _rebind(bound);
            _assertFraud(_judge(bound, _stepProof(bound, place, 1)), "carried");
        }
    }

    function test_accountsComeAndStay() external {
        Market.Bound memory bound = _honest();
        IDisputes.Account[] memory all = bound.moments[SETTLED].accounts;
        bound.moments[SETTLED].accounts = new IDisputes.Account[](0);
        _rebind(bound);
        _assertFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "it had one");
        IDisputes.Home[] memory homes = bound.moments[TRADED].homes;
        bound.moments[TRADED].homes = new IDisputes.Home[](0);
        _rebind(bound);
        _assertFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "it had one and did nothing");
        bound.moments[TRADED].homes = homes;
        _rebind(bound);
        _assertNoFraud(_judge(bound, _stepProof(bound, SETTLED, 3)), "home 3 never had one");

        bound.moments[SETTLED].accounts = all;
        bound.moments[SETTLED - 1].accounts = new IDisputes.Account[](0);
        _rebind(bound);
        _assertFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "out of nothing");
        bound.moments[SETTLED].accounts = new IDisputes.Account[](0);
        _rebind(bound);
        _assertFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "it traded");
        _assertNoFraud(_judge(bound, _stepProof(bound, SETTLED, 3)), "it did nothing");
    }

    /// @dev In a street's first two intervals nothing is settled, whatever the clearing says.
    function test_aStreetsFirstSteps() external {
        for (uint256 place; place < 2; ++place) {
            Market.Bound memory bound = _honest(7, true);
            _assertNoFraud(_judge(bound, _stepProof(bound, place, 1)), "begins to count");
            bound.moments[place].accounts[0].balance += 1;
            _rebind(bound);
            _assertFraud(_judge(bound, _stepProof(bound, place, 1)), "has money");
        }
    }

    /// @dev Two orders of 30 MWh in each interval, and never more than 100 MWh: what is beyond is nobody's.
    function test_whatAMeterCanNotHaveMeasured() external {
        _assertMeasured(1, 60_000_000, true);
        _assertMeasured(1, 60_000_001, false);
        _assertMeasured(2, 100_000_000, true);
        _assertMeasured(2, 100_000_001, false);
    }

    /// @dev Home 1's counter went on by so much since it was read so many intervals before.
    function _assertMeasured(uint64 intervals, uint256 jump, bool isBelieved) private {
        Market.Bound memory bound = _honest();
        IDisputes.Account memory earlier = bound.moments[SETTLED - 1].accounts[0];
        earlier.interval = FROM + 1 - intervals;
        Reading memory reading = Reading(true, earlier.importWh + jump, earlier.exportWh);
        IDisputes.Account memory later = _settled(earlier, bound.moments[TRADED].homes[0], reading, FROM + SETTLED, true);
        bound.moments[SETTLED].accounts[0] = later;
        _rebind(bound);
        vm.assertTrue(later.utilityImport > earlier.utilityImport + 1_000_000 == isBelieved, "believed");
        _assertNoFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "as much as is believed");
    }

    function test_aChargeForAnOrderThatWasShown() external {
        Market.Bound memory bound = _honest();
        ++bound.moments[TRADED].homes[0].withheld;
        _rebind(bound);
        _assertFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "charge");
    }

    function test_aStepIsShownWithAllThatItHangsOn() external {
        Market.Bound memory bound = _honest();
        IDisputes.LedgerStepProof memory proof = _stepProof(bound, SETTLED, 1);
        proof.step = RESULTS - TRADED;
        _assertInvalid(_judge(bound, proof), "no such result");
        proof.step = type(uint256).max;
        _assertInvalid(_judge(bound, proof), "no such result");
        proof.step = RESULTS - 1 - TRADED;
        _assertInvalid(_judge(bound, proof), "the result before isn't shown");
        --proof.step;
        proof.later = _accountShown(bound.moments[2].accounts, 1);
        proof.earlier = _accountShown(bound.moments[1].accounts, 1);
        _assertInvalid(_judge(bound, proof), "the result that is settled isn't shown");
        for (uint256 word; word < 6; ++word) {
            proof = _stepProof(bound, SETTLED, 1);
            bytes memory numbers = abi.encode(proof.numbers);
            proof.numbers = abi.decode(_poke(numbers, word, _word(numbers, word) + 1), (IDisputes.Numbers));
            _assertInvalid(_judge(bound, proof), "other numbers");
        }
        proof = _stepProof(bound, SETTLED, 1);
        proof.restOfRules = 0;
        _assertInvalid(_judge(bound, proof), "other rules");
    }

    /// @dev The lane is the balance in whole ticks, rounded down, less what was carried, as far as a lane holds.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_theLaneOfABalance(int256 balance, int256 carried, int256 other) external {
        Market.Bound memory bound = _honest();
        IDisputes.Account[] memory accounts = bound.moments[RESULTS - 1].accounts;
        accounts[0].balance = balance % int256(BOUND);
        accounts[0].carriedTicks = carried % 2 == 0 ? (carried / 2) % int256(2 ** 33) : balance % int256(BOUND) / NANO_PER_TICK - carried % 3;
        _carryAgain(bound, _dueTicks(accounts[0]));
        _assertNoFraud(_judge(bound, _accountProof(bound, 1)), "what is due");
        other %= 2 ** 31;
        vm.assume(other != _dueTicks(accounts[0]));
        _carryAgain(bound, other);
        _assertFraud(_judge(bound, _accountProof(bound, 1)), "what isn't due");
    }

    function _carryAgain(Market.Bound memory bound, int256 lane) private pure {
        uint256 zigzag = uint256(lane >= 0 ? 2 * lane : -2 * lane - 1);
        for (uint256 i; i < 4; ++i) bound.vector[4 + i] = bytes1(uint8(zigzag >> (24 - 8 * i)));
        _rebind(bound);
    }

    function test_lanesWithoutAccounts() external {
        Market.Bound memory bound = _honest();
        bound.vector[4 * 3 + 3] = 0x02;
        _rebind(bound);
        _assertFraud(_judge(bound, _accountProof(bound, 3)), "a lane without an account");
        _assertNoFraud(_judge(bound, _accountProof(bound, 4)), "no lane, no account");
        bound.vector = "";
        _rebind(bound);
        _assertFraud(_judge(bound, _accountProof(bound, 1)), "an account without a lane");
        _assertNoFraud(_judge(bound, _accountProof(bound, 4)), "neither");
        _assertNoFraud(_judge(bound, _accountProof(bound, type(uint256).max)), "nowhere");
        bound.moments[RESULTS - 1].accounts = new IDisputes.Account[](0);
        _rebind(bound);
        _assertNoFraud(_judge(bound, _accountProof(bound, 1)), "a street without accounts");
    }

    /// @dev Homes 1, 2 and 5 have accounts: only its neighbour shows that a home has none.
    function test_whoShowsThatAHomeHasNone() external {
        Market.Bound memory bound = _honest();
        uint256[2][4] memory shown = [[uint256(0), 0], [uint256(3), 1], [uint256(4), 1], [uint256(60), 2]];
        for (uint256 i; i < 4; ++i) {
            for (uint256 leaf; leaf < TRADERS; ++leaf) {
                IDisputes.AccountProof memory proof = _accountProof(bound, shown[i][0]);
                proof.account = _accountAt(bound.moments[RESULTS - 1].accounts, leaf);
                if (leaf == shown[i][1]) _assertNoFraud(_judge(bound, proof), "its neighbour");
                else _assertInvalid(_judge(bound, proof), "another");
            }
        }
    }

    function test_anotherRootThanTheLedgers() external {
        Market.Bound memory bound = _honest();
        bound.period.accountsRoot = bound.results[0].ledgerRoot;
        _assertFraud(_judge(bound, _accountProof(bound, 1)), "root");
    }

    function test_aVectorOfOtherBytes() external {
        Market.Bound memory bound = _honest();
        IDisputes.AccountProof memory proof = _accountProof(bound, 1);
        proof.vector = bytes.concat(proof.vector, bytes1(0));
        _assertInvalid(_judge(bound, proof), "vector");
    }

    /// @dev What no honest home writes, in any leaf.
    function test_numbersThatNobodyCountsWith() external {
        for (uint256 word; word < 15; ++word) {
            Market.Bound memory bound = _honest();
            IDisputes.Account[] memory accounts = bound.moments[RESULTS - 1].accounts;
            bool isMoney = word == 3 || word == 14;
            accounts[0] = abi.decode(_poke(abi.encode(accounts[0]), word, isMoney ? uint256(-int256(BOUND)) : BOUND), (IDisputes.Account));
            _rebind(bound);
            IDisputes.AccountProof memory proof = _accountProof(bound, 1);
            proof.account = _accountAt(accounts, 0);
            proof.home = accounts[0].home;
            _assertFraud(_judge(bound, proof), string.concat("account ", vm.toString(word)));
        }
        _assertLargestIsSound();
    }

    function _assertLargestIsSound() private {
        Market.Bound memory bound = _honest();
        IDisputes.Account memory account = bound.moments[RESULTS - 1].accounts[0];
        (account.balance, account.carriedTicks) = (int256(BOUND) - 1, 90_071_992_547);
        (account.bought, account.importWh, account.nextHome) = (BOUND - 1, BOUND - 1, BOUND - 1);
        _carryAgain(bound, 0);
        _assertNoFraud(_judge(bound, _accountProof(bound, 1)), "the largest");
        account.metered = 0;
        _rebind(bound);
        _assertFraud(_judge(bound, _accountProof(bound, 1)), "a meter that was never read");
    }
}
