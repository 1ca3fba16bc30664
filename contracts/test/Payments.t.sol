// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICommunity} from "../src/ICommunity.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {HostileCurrency} from "./HostileCurrency.sol";
import {Reference} from "./Reference.sol";
import {Street} from "./Street.sol";

/// @title What homes have paid from the community's account
contract PaymentsTest is Street {
    uint256 private constant HOMES = 5;
    uint8 private constant ACCOUNT = 2;
    uint32 private constant NUMBER = FIRST_WIDE + ACCOUNT;
    uint32 private constant VOTING = 1 days;
    uint32 private constant DELAY = 8 days;
    uint32 private constant GRACE = 3 days;
    address private constant PURSE = address(0x9125e);
    address private constant OTHER = address(0x07e4);
    bytes32 private constant PAYMENT = keccak256("Payment(uint32 home,address to,uint64 ticks,uint256 nonce)");

    ICommunity private _community;

    function setUp() external {
        _open(HOMES, 4);
        _found();
        _depositWide(ACCOUNT, 1_000);
    }

    /// @dev Voted, waited for, asked for, settled, paid: to the tick, and once.
    function testFuzz_aPaymentIsPaidWhenMostHomesWantIt(uint256 drawn, uint256 wait) external {
        uint64 ticks = uint64(_bound(drawn, 1, 500));
        vm.expectEmit();
        emit ICommunity.PaymentMoved(0, 1, PURSE, ticks, uint48(vm.getBlockTimestamp() + VOTING));
        uint256 motion = _move(1, PURSE, ticks);
        _vote(motion, 3);
        vm.warp(vm.getBlockTimestamp() + VOTING + DELAY + _bound(wait, 0, GRACE - 1));
        vm.expectEmit();
        emit IEscrow.WithdrawalRequested(NUMBER, PURSE, ticks);
        vm.prank(STRANGER);
        _community.execute(motion);
        vm.assertTrue(_community.motionOf(motion).isExecuted, "executed");
        _refuse(ICommunity.AlreadyExecuted.selector);
        _community.execute(motion);
        _refuse(IEscrow.WithdrawalLocked.selector);
        vault.finalizeWithdraw(NUMBER);
        _settle(_emptyBatch());
        vault.finalizeWithdraw(NUMBER);
        vm.assertEq(token.balanceOf(PURSE), ticks * TICK, "paid");
        vm.assertEq(vault.wideBalance(ACCOUNT), 1_000 - ticks, "rest");
        _assertSolvent();
    }

    function test_withoutMostHomesNothingIsPaid() external {
        uint256 motion = _move(1, PURSE, 500);
        _vote(motion, 2);
        _refuse(abi.encodeWithSelector(ICommunity.VotingOpen.selector, vm.getBlockTimestamp() + VOTING));
        _community.execute(motion);
        vm.warp(vm.getBlockTimestamp() + VOTING + DELAY);
        _refuse(abi.encodeWithSelector(ICommunity.NotCarried.selector, 2, 3));
        _community.execute(motion);
        _assertUntouched();
    }

    /// @dev Nobody's word is quicker than the time to leave, and nobody's lasts for ever.
    function testFuzz_itsTimeComesAndGoes(uint256 early, uint256 late) external {
        uint256 motion = _move(1, PURSE, 500);
        _vote(motion, 5);
        uint256 opensAt = vm.getBlockTimestamp() + VOTING + DELAY;
        vm.warp(opensAt - _bound(early, 1, DELAY));
        _refuse(abi.encodeWithSelector(ICommunity.TimelockRunning.selector, opensAt));
        _community.execute(motion);
        vm.warp(opensAt + GRACE + _bound(late, 0, 1e9));
        _refuse(abi.encodeWithSelector(ICommunity.MotionLapsed.selector, opensAt + GRACE));
        _community.execute(motion);
        _assertUntouched();
    }

    /// @dev Half of what is there when it is brought, and half of what is left when it is executed.
    function testFuzz_aPaymentTakesHalfAtMost(uint256 ticks, uint256 lost) external {
        ticks = _bound(ticks, 501, type(uint64).max);
        _refuseMove(1, PURSE, uint64(ticks), abi.encodeWithSelector(ICommunity.PaymentTooLarge.selector, ticks, 500));
        uint256 motion = _move(1, PURSE, 500);
        _vote(motion, 5);
        lost = _bound(lost, 1, 1_000);
        vm.warp(vm.getBlockTimestamp() + VOTING + DELAY);
        _settle(_batch("", bytes.concat(Reference.wide(0, int256(lost)), Reference.wide(ACCOUNT, -int256(lost)))));
        _refuse(abi.encodeWithSelector(ICommunity.PaymentTooLarge.selector, 500, (1_000 - lost) / 2));
        _community.execute(motion);
        vm.assertTrue(!_community.motionOf(motion).isExecuted, "not executed");
        vm.assertEq(vault.withdrawal(NUMBER).ticks, 0, "nothing asked for");
    }

    function test_badPayments() external {
        _refuseMove(1, address(0), 5, abi.encodeWithSelector(ICommunity.BadRecipient.selector));
        _refuseMove(1, address(vault), 5, abi.encodeWithSelector(ICommunity.BadRecipient.selector));
        _refuseMove(1, PURSE, 0, abi.encodeWithSelector(ICommunity.NothingWaits.selector));
        _refuse(ICommunity.NotOwner.selector);
        _community.movePayment(1, PURSE, 5);
        _refuse(abi.encodeWithSelector(ICommunity.NotMember.selector, uint32(9)));
        _community.movePayment(9, PURSE, 5);
        _refuse(abi.encodeWithSelector(ICommunity.UnknownMotion.selector, 0));
        _community.paymentOf(0);
        uint256 motion = _move(1, PURSE, 5);
        _refuseMove(1, PURSE, 5, abi.encodeWithSelector(ICommunity.MotionOpen.selector, motion));
        ICommunity.Payment memory payment = _community.paymentOf(motion);
        vm.assertEq(abi.encode(payment), abi.encode(ICommunity.Payment(PURSE, 5, 0)), "payment");
        vm.assertEq(_community.motionOf(motion).rules.hash, bytes32(0), "no rules");
        vm.assertEq(_community.motionCount(), 1, "one motion");
    }

    /// @dev Another contract, or nobody, is the payee: no vote here moves anything.
    function test_onlyThePayeePays() external {
        ICommunity known = _community;
        _community = _newCommunity();
        _refuseMove(1, PURSE, 5, abi.encodeWithSelector(ICommunity.NotPayee.selector));
        vm.assertEq(vault.payee(ACCOUNT), address(known), "payee");
    }

    function testFuzz_nobodyElseAsksTheVault(address by, uint64 ticks) external {
        vm.assume(by != address(_community));
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.requestWithdraw(NUMBER, by, ticks);
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.setPayee(ACCOUNT, by == address(0) ? PURSE : by);
        _assertUntouched();
    }

    function testFuzz_whatAnOwnerSignedIsCarriedOnce(uint256 key, uint256 drawn) external {
        uint64 ticks = uint64(_bound(drawn, 1, 400));
        key = _bound(key, 1, 1e18);
        vm.assume(key != _ownerKey(1));
        bytes memory right = _signature(_ownerKey(1), _typedFor(1, PURSE, ticks, 0));
        _refuseSigned(1, PURSE, ticks, _signature(key, _typedFor(1, PURSE, ticks, 0)));
        _refuseSigned(1, PURSE, ticks + 1, right);
        _refuseSigned(1, OTHER, ticks, right);
        _refuseSigned(2, PURSE, ticks, right);
        _refuseSigned(1, PURSE, ticks, _signature(_ownerKey(1), _typedFor(1, PURSE, ticks, 1)));
        vm.assertEq(_community.motionCount(), 0, "none");
        vm.prank(STRANGER);
        uint256 motion = _community.movePaymentFor(1, PURSE, ticks, right);
        vm.assertEq(_community.paymentOf(motion).ticks, ticks, "brought");
        vm.warp(vm.getBlockTimestamp() + VOTING);
        _refuseSigned(1, PURSE, ticks, right);
        vm.assertEq(_community.motionsOf(1), 1, "nonce");
    }

    /// @dev One payment waits at a time; the next one's turn comes inside its time.
    function test_onePaymentAfterTheOther() external {
        (uint256 first, uint256 second) = (_move(1, PURSE, 300), _move(2, OTHER, 200));
        _vote(first, 5);
        _vote(second, 5);
        vm.warp(vm.getBlockTimestamp() + VOTING + DELAY);
        _community.execute(first);
        _refuse(IEscrow.WithdrawalPending.selector);
        _community.execute(second);
        _settle(_emptyBatch());
        vault.finalizeWithdraw(NUMBER);
        _community.execute(second);
        _settle(_emptyBatch());
        vault.finalizeWithdraw(NUMBER);
        vm.assertEq(token.balanceOf(PURSE), 300 * TICK, "first");
        vm.assertEq(token.balanceOf(OTHER), 200 * TICK, "second");
        vm.assertEq(vault.wideBalance(ACCOUNT), 500, "rest");
    }

    /// @dev A payment that the currency refuses goes where homes send it instead.
    function test_aRefusedPaymentGoesElsewhere() external {
        HostileCurrency hostile = _foundOn();
        hostile.refuse(PURSE);
        _decide(_move(1, PURSE, 300));
        vm.warp(vm.getBlockTimestamp() + ESCAPE);
        _refuse(abi.encodeWithSignature("ERC20InvalidReceiver(address)", PURSE));
        vault.finalizeWithdraw(NUMBER);
        _decide(_move(2, OTHER, 0));
        vm.assertEq(vault.withdrawal(NUMBER).to, OTHER, "redirected");
        vault.finalizeWithdraw(NUMBER);
        vm.assertEq(hostile.balanceOf(OTHER), 300 * TICK, "paid");
    }

    /// @dev Homes sent one payment elsewhere: it was paid in the meantime, and another that waits isn't theirs.
    function test_anotherPaymentThanTheOneVotedOnStaysAsItIs() external {
        _decide(_move(1, PURSE, 300));
        uint256 redirect = _move(2, OTHER, 0);
        uint256 next = _move(3, STRANGER, 200);
        _vote(redirect, 5);
        _vote(next, 5);
        vm.warp(vm.getBlockTimestamp() + VOTING + DELAY);
        vault.finalizeWithdraw(NUMBER);
        _refuse(ICommunity.NothingWaits.selector);
        _community.execute(redirect);
        _community.execute(next);
        _refuse(ICommunity.NothingWaits.selector);
        _community.execute(redirect);
        vm.assertEq(vault.withdrawal(NUMBER).to, STRANGER, "as it was decided");
    }

    function _found() private {
        _settle(_emptyBatch());
        _community = _newCommunity();
        vm.prank(GOVERNOR);
        vault.setPayee(ACCOUNT, address(_community));
    }

    /// @dev The street is another one from here on, with a currency that may refuse.
    function _foundOn() private returns (HostileCurrency hostile) {
        hostile = new HostileCurrency();
        IGridVault.Config memory config = _config();
        config.token = IERC20(address(hostile));
        vault = _newVault(config);
        _assignOffices();
        for (uint256 home; home < HOMES; ++home) _register(home);
        _setValidators(SET_SINCE, _voters(0, 4));
        _found();
        hostile.approve(address(vault), type(uint256).max);
        vault.depositWide(ACCOUNT, 1_000 * TICK);
    }

    /// @dev As Community.Config is encoded.
    function _newCommunity() private returns (ICommunity) {
        ICommunity.Numbers memory numbers = ICommunity.Numbers(10, 500, 50_000, 1_000_000);
        ICommunity.Rules memory rules = ICommunity.Rules(keccak256("rules"), uint48(FIRST_INTERVAL), numbers);
        ICommunity.Numbers memory most = ICommunity.Numbers(50, 750, 1_000_000, 2_000_000);
        bytes memory config = abi.encode(vault, rules, ICommunity.Numbers(0, 250, 0, 500_000), most, VOTING, DELAY, GRACE);
        return ICommunity(vm.deployCode("Community.sol:Community", config));
    }

    function _move(uint256 home, address to, uint64 ticks) private returns (uint256) {
        vm.prank(_owner(home));
        return _community.movePayment(uint32(home), to, ticks);
    }

    function _vote(uint256 motion, uint256 homes) private {
        for (uint256 home; home < homes; ++home) {
            vm.prank(_owner(home));
            _community.vote(motion, uint32(home), true);
        }
    }

    /// @dev Everybody wants it, and somebody executes it when its time has come.
    function _decide(uint256 motion) private {
        _vote(motion, HOMES);
        vm.warp(vm.getBlockTimestamp() + VOTING + DELAY);
        _community.execute(motion);
    }

    function _refuseMove(uint256 home, address to, uint64 ticks, bytes memory refusal) private {
        vm.prank(_owner(home));
        _refuse(refusal);
        _community.movePayment(uint32(home), to, ticks);
    }

    function _refuseSigned(uint32 home, address to, uint64 ticks, bytes memory signature) private {
        _refuse(ICommunity.BadSignature.selector);
        _community.movePaymentFor(home, to, ticks, signature);
    }

    function _assertUntouched() private view {
        vm.assertEq(vault.wideBalance(ACCOUNT), 1_000, "balance");
        vm.assertEq(vault.withdrawal(NUMBER).ticks, 0, "nothing asked for");
        vm.assertEq(vault.payee(ACCOUNT), address(_community), "payee");
    }

    function _typedFor(uint256 home, address to, uint256 ticks, uint256 nonce) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256("Community"), keccak256("1"), block.chainid, address(_community))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(PAYMENT, home, to, ticks, nonce))));
    }
}
