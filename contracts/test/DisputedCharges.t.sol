// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommunity} from "../src/ICommunity.sol";
import {IDisputes} from "../src/IDisputes.sol";
import {CommunityStreet} from "./CommunityStreet.sol";
import {Court} from "./Court.sol";
import {Market} from "./Market.sol";
import {Street} from "./Street.sol";

/// @title What a withheld order costs, by votes that homes really held
/// @notice Two votes on the charge are brought, carried and executed in the real Community; the real Disputes, which the vault asks, was
/// built for it before it stood. The first charge counts from a period's first interval on, the second from the middle of another's.
contract DisputedChargesTest is Court, CommunityStreet {
    uint64 private constant FIRST_VOTED = uint64(NEXT) + 96;
    uint64 private constant SECOND_VOTED = FIRST_VOTED + 6;
    /// @dev Charges in micro-currency: as the street began, by the first vote, by the second, and one that nobody ever voted for.
    uint256 private constant CHARGES = 4;
    uint256 private constant NOBODYS = 3;

    function setUp() external {
        _openCommunity(8);
        vm.assertEq(address(disputes.community()), address(community), "the judge knows where homes vote");
        _decide(FIRST_VOTED, _charge(1));
        _decide(SECOND_VOTED, _charge(2));
        _settle(_emptyBatch());
        for (uint256 home; home < 8; ++home) _deposit(home, 1e8);
        _depositWide(0, 1e9);
    }

    /// @dev The vault is made next, and after it the community.
    function _newDisputes() internal override(Court, Street) returns (IDisputes) {
        address place = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        return IDisputes(vm.deployCode("Disputes.sol:Disputes", abi.encode(_rulesHash(), place)));
    }

    function _charge(uint256 which) private pure returns (uint256) {
        return [_numbers().withheldCharge, 20_000, 90_000, 30_000][which];
    }

    /// @dev Five of eight homes want it, and nobody hurries.
    function _decide(uint64 since, uint256 withheldCharge) private {
        ICommunity.Rules memory rules = _rules(since, since);
        rules.numbers.withheldCharge = uint64(withheldCharge);
        vm.prank(_owner(0));
        uint256 motion = community.moveRules(0, rules);
        for (uint32 home; home < 5; ++home) {
            vm.prank(_owner(home));
            community.vote(motion, home, true);
        }
        vm.warp(vm.getBlockTimestamp() + VOTING + DELAY);
        community.execute(motion);
    }

    /// @dev A period that is honest but for home 1, which withheld so many orders and paid this for each.
    function _charged(uint64 from, uint256 seed, uint256 withheld, uint256 charge) private view returns (Market.Bound memory bound) {
        bound = _honestFrom(from, seed, false);
        IDisputes.Home memory traded = bound.moments[TRADED].homes[0];
        int256 before = int256(traded.withheld * _charge(0));
        traded.withheld = withheld;
        bound.moments[SETTLED].accounts[0].balance += (before - int256(withheld * charge)) * 1000;
        _rebind(bound);
    }

    function _judgeCharge(uint64 from, uint256 which) private returns (bytes memory) {
        Market.Bound memory bound = _charged(from, 20_261_127, 3, _charge(which));
        return _judge(bound, _stepProof(bound, SETTLED, 1));
    }

    /// @dev In a period from this interval on the first `right` charges are no fault, all others are.
    function _assertRight(uint64 from, uint256 right, string memory what) private {
        for (uint256 which; which < CHARGES; ++which) {
            if (which < right) _assertNoFraud(_judgeCharge(from, which), what);
            else _assertFraud(_judgeCharge(from, which), what);
        }
    }

    /// @dev What homes decided on counts from its interval on; who hears late of it and charges as before is no liar.
    function test_aChargeCountsFromItsIntervalOn() external {
        _assertRight(FIRST_VOTED - 4, 1, "before the first vote counts");
        _assertRight(FIRST_VOTED, 2, "the first vote counts from here on");
        _assertRight(SECOND_VOTED - 2, 2, "the second one counts from inside this period on");
        _assertRight(SECOND_VOTED + 2, 3, "both count");
    }

    /// @dev By the period's first interval, wherever in it or behind it an order was withheld.
    /// forge-config: default.fuzz.runs = 32
    function testFuzz_aChargeIsOneThatWasDecidedOn(uint256 seed, uint256 drawn) external {
        uint64 from = FIRST_VOTED - 8 + 4 * uint64(drawn % 6);
        uint256 which = (drawn >> 8) % CHARGES;
        uint256 withheld = 1 + ((drawn >> 16) % 10);
        Market.Bound memory bound = _charged(from, seed, withheld, _charge(which));
        bool isRight = which == 0 || (which == 1 && from >= FIRST_VOTED) || (which == 2 && from >= SECOND_VOTED);
        if (isRight) _assertNoFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "decided on");
        else _assertFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "not decided on");
    }

    /// @dev A vote changes what a withheld order costs, and nothing else about a step.
    function test_noVoteExcusesAnotherLie() external {
        for (uint256 which; which < NOBODYS; ++which) {
            Market.Bound memory bound = _charged(SECOND_VOTED + 2, 20_261_127, 3, _charge(which));
            ++bound.moments[SETTLED].accounts[0].bought;
            _rebind(bound);
            _assertFraud(_judge(bound, _stepProof(bound, SETTLED, 1)), "energy");
        }
        Market.Bound memory free = _charged(SECOND_VOTED + 2, 20_261_127, 3, 0);
        _assertFraud(_judge(free, _stepProof(free, SETTLED, 1)), "free of charge");
    }

    /// @dev A proof opens the numbers that the street began with; those that were voted on are the community's to tell.
    function test_aProofOpensTheFirstNumbers() external {
        Market.Bound memory bound = _charged(FIRST_VOTED, 20_261_127, 3, _charge(NOBODYS));
        IDisputes.LedgerStepProof memory proof = _stepProof(bound, SETTLED, 1);
        proof.numbers.withheldCharge = _charge(1);
        _assertInvalid(_judge(bound, proof), "the voted number");
    }

    /// @dev Who charges by a vote before its time is found out by the vault, and who charges by one in time is paid.
    function test_theVaultAsksTheSame() external {
        Market.Bound memory early = _charged(FIRST_VOTED, 20_261_127, 3, _charge(2));
        Batch memory batch = _proposed(early);
        vm.assertEq(uint256(batch.period.fromInterval), vault.status().nextInterval, "the vault's next");
        _propose(batch);
        bytes memory proof = abi.encode(_stepProof(early, SETTLED, 1));
        vault.challenge(batch.period, IDisputes.Fraud.LedgerStep, proof);
        vm.assertEq(vault.status().proposal, 0, "dropped");

        Market.Bound memory right = _charged(FIRST_VOTED, 20_261_127, 3, _charge(1));
        batch = _proposed(right);
        _propose(batch);
        proof = abi.encode(_stepProof(right, SETTLED, 1));
        _refuse(IDisputes.NoFraud.selector);
        vault.challenge(batch.period, IDisputes.Fraud.LedgerStep, proof);
        vm.warp(vm.getBlockTimestamp() + WINDOW);
        _finalize(batch);
        vm.assertEq(vault.status().proposal, 0, "settled");
    }
}
