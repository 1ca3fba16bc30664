// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {HostileCurrency} from "./HostileCurrency.sol";
import {Reference} from "./Reference.sol";
import {Street} from "./Street.sol";

/// @title The way out of wide accounts, and of a payment that the currency refuses
contract WideTest is Street {
    uint256 private constant HOMES = 10;
    address private constant PURSE = address(0x9125e);
    address private constant OTHER = address(0x07e4);
    uint8 private constant SUPPLIER = 0;
    uint8 private constant GRID = 1;

    function setUp() external {
        _open(HOMES, 4);
        _depositWide(SUPPLIER, 1_000);
        _depositWide(GRID, 500);
        _namePayee(SUPPLIER);
    }

    function testFuzz_aPayeeIsNamedOnceAndThenNamesItself(uint8 id, address by, address next) external {
        id = uint8(_bound(id, 1, 7));
        vm.assume(by != address(0) && by != GOVERNOR && by != _payee(id) && next != address(0));
        vm.prank(by);
        _refuseTo(by);
        vault.setPayee(id, by);
        vm.prank(GOVERNOR);
        _refuse(IRegistry.ZeroAddress.selector);
        vault.setPayee(id, address(0));
        vm.assertEq(vault.payee(id), address(0), "nobody yet");
        vm.expectEmit();
        emit IEscrow.PayeeNamed(id, _payee(id));
        _namePayee(id);
        vm.prank(GOVERNOR);
        _refuse(IRegistry.NotOwner.selector);
        vault.setPayee(id, GOVERNOR);
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.setPayee(id, by);
        vm.prank(_payee(id));
        _refuse(IRegistry.ZeroAddress.selector);
        vault.setPayee(id, address(0));
        vm.assertEq(vault.payee(id), _payee(id), "as it was named");
        vm.prank(_payee(id));
        vault.setPayee(id, next);
        vm.assertEq(vault.payee(id), next, "passed on");
        for (uint8 other; other < 8; ++other) {
            if (other != id) vm.assertEq(vault.payee(other), other == SUPPLIER ? _payee(SUPPLIER) : address(0), "others");
        }
    }

    function testFuzz_accountsThatAreNotThere(uint8 id, uint32 number) external {
        id = uint8(_bound(id, 8, 255));
        number = uint32(_bound(number, HOMES, FIRST_WIDE - 1));
        vm.prank(GOVERNOR);
        _refuse(abi.encodeWithSelector(IRegistry.UnknownAccount.selector, uint256(id)));
        vault.setPayee(id, PURSE);
        _refuse(abi.encodeWithSelector(IRegistry.UnknownAccount.selector, uint256(number)));
        vault.redirectWithdraw(number, PURSE);
    }

    /// @dev Its number opens a wide account for withdrawals and for nothing else.
    function testFuzz_aWideAccountIsNoHome(uint8 id) external {
        uint32 number = FIRST_WIDE + (id % 8);
        bytes memory refusal = abi.encodeWithSelector(IRegistry.UnknownAccount.selector, uint256(number));
        vm.prank(BANK);
        _refuse(refusal);
        vault.deposit(number, TICK);
        _refuse(refusal);
        vault.balanceOf(number);
        _refuse(refusal);
        vault.home(number);
        vm.prank(_payee(id % 8));
        _refuse(refusal);
        vault.rotateAgent(number, OTHER, 1e6);
        _refuse(refusal);
        vault.rotateAgentFor(number, OTHER, 1e6, "");
        _refuse(refusal);
        vault.leaveStreetFor(number, 1e6, "");
        vm.prank(REGISTRAR);
        _refuse(refusal);
        vault.leaveStreet(number, 1e6);
    }

    function testFuzz_nobodyElseAsks(address by, uint8 id, uint256 ticks) external {
        id %= 2;
        vm.assume(by != address(0) && by != _payee(SUPPLIER));
        uint32 number = FIRST_WIDE + id;
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.requestWithdraw(number, by, uint64(_bound(ticks, 1, 500)));
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.redirectWithdraw(number, by);
        // Where nobody is named no signature counts either, not even one that is nobody's.
        bytes32 signed = _typed(_withdrawHash(FIRST_WIDE + GRID, PURSE, 1, 0, 0, type(uint256).max));
        _refuse(IRegistry.BadSignature.selector);
        vault.requestWithdrawFor(FIRST_WIDE + GRID, PURSE, 1, 0, type(uint256).max, _signature(_ownerKey(1), signed));
        _refuse(IRegistry.BadSignature.selector);
        vault.requestWithdrawFor(FIRST_WIDE + GRID, PURSE, 1, 0, type(uint256).max, new bytes(65));
        vm.assertEq(vault.withdrawal(number).ticks, 0, "nothing asked for");
    }

    function testFuzz_badRequestsChangeNothing(uint256 ticks) external {
        ticks = _bound(ticks, 1_001, type(uint64).max);
        _refuseWide(PURSE, ticks, abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, 1_000, ticks));
        _refuseWide(PURSE, 0, abi.encodeWithSelector(IEscrow.ZeroAmount.selector));
        _refuseWide(address(0), 1, abi.encodeWithSelector(IEscrow.BadRecipient.selector));
        _refuseWide(address(vault), 1, abi.encodeWithSelector(IEscrow.BadRecipient.selector));
        vm.assertEq(vault.withdrawal(FIRST_WIDE).ticks, 0, "nothing asked for");
        _requestWide(SUPPLIER, PURSE, 1);
        _refuseWide(OTHER, 1, abi.encodeWithSelector(IEscrow.WithdrawalPending.selector));
        vm.assertEq(vault.withdrawal(FIRST_WIDE).to, PURSE, "as it was asked");
    }

    /// @dev One withdrawal pays up to 2^56 - 1 ticks, and is written whole.
    function test_theMostThatOneWithdrawalPays() external {
        uint256 most = 2 ** 56 - 1;
        _depositWide(SUPPLIER, 2 ** 57);
        _refuseWide(PURSE, most + 1, abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, most, most + 1));
        _requestWide(SUPPLIER, PURSE, most);
        vm.assertEq(vault.withdrawal(FIRST_WIDE).ticks, most, "asked for");
        vm.warp(block.timestamp + ESCAPE);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.assertEq(token.balanceOf(PURSE), most * TICK, "paid");
        vm.assertEq(vault.wideBalance(SUPPLIER), 2 ** 57 + 1_000 - most, "rest");
        _assertSolvent();
    }

    function testFuzz_paysOnceAfterTheEscape(uint256 asked, uint256 wait, bool isPaused) external {
        asked = _bound(asked, 1, 1_000);
        vm.expectEmit();
        emit IEscrow.WithdrawalRequested(FIRST_WIDE, PURSE, asked);
        _requestWide(SUPPLIER, PURSE, asked);
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start + _bound(wait, 0, ESCAPE - 1));
        _refuse(IEscrow.WithdrawalLocked.selector);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.warp(start + ESCAPE);
        vm.prank(GUARDIAN);
        if (isPaused) vault.pause(1 hours);
        vm.expectEmit();
        emit IEscrow.WithdrawalFinalized(FIRST_WIDE, PURSE, asked);
        vault.finalizeWithdraw(FIRST_WIDE);
        _refuse(IEscrow.NoWithdrawal.selector);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.assertEq(token.balanceOf(PURSE), asked * TICK, "paid");
        vm.assertEq(vault.wideBalance(SUPPLIER), 1_000 - asked, "rest");
        vm.assertEq(vault.wideBalance(GRID), 500, "others");
        _assertSolvent();
    }

    /// @dev Settled up to the request: paid at once. Settled up to a second before, or paused: not.
    function test_paysWhenEverythingBeforeItIsSettled() external {
        Batch memory before = _emptyBatch();
        vm.warp(block.timestamp + 1);
        _requestWide(SUPPLIER, PURSE, 60);
        _settle(before);
        _refuse(IEscrow.WithdrawalLocked.selector);
        vault.finalizeWithdraw(FIRST_WIDE);
        Batch memory exact = _emptyBatch();
        exact.period.coversUntil = vault.withdrawal(FIRST_WIDE).requestedAt;
        _settle(exact);
        vm.prank(GUARDIAN);
        vault.pause(1 hours);
        _refuse(abi.encodeWithSelector(IGridVault.VaultPaused.selector, uint64(vm.getBlockTimestamp() + 1 hours)));
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.warp(vm.getBlockTimestamp() + 1 hours);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.assertEq(token.balanceOf(PURSE), 60 * TICK, "paid");
    }

    /// @dev What settlement took is not paid out again.
    function testFuzz_paysWhatIsLeft(uint256 asked, uint256 lost) external {
        asked = _bound(asked, 1, 1_000);
        lost = _bound(lost, 0, 1_000);
        _requestWide(SUPPLIER, PURSE, asked);
        _settle(_batch("", bytes.concat(Reference.wide(SUPPLIER, -int256(lost)), Reference.wide(GRID, int256(lost)))));
        vault.finalizeWithdraw(FIRST_WIDE);
        uint256 paid = asked < 1_000 - lost ? asked : 1_000 - lost;
        vm.assertEq(token.balanceOf(PURSE), paid * TICK, "paid");
        vm.assertEq(vault.wideBalance(SUPPLIER), 1_000 - lost - paid, "rest");
        _assertSolvent();
    }

    /// @dev I9: what was certified is settled, whatever payees ask for, and however long ago; and then they are paid.
    function testFuzz_whatWasCertifiedIsSettledFirst(uint256 taken, uint256 asked, uint256 wait) external {
        taken = _bound(taken, 1, 1_000);
        asked = _bound(asked, 1, 1_000);
        _requestWide(SUPPLIER, PURSE, asked);
        vm.warp(vm.getBlockTimestamp() + ESCAPE + _bound(wait, 0, ESCAPE));
        Batch memory batch = _batch("", bytes.concat(Reference.wide(SUPPLIER, -int256(taken)), Reference.wide(GRID, int256(taken))));
        _propose(batch);
        bytes memory refusal = abi.encodeWithSelector(IEscrow.WideNeeded.selector, SUPPLIER);
        _refuse(refusal);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.warp(vm.getBlockTimestamp() + WINDOW);
        _refuse(refusal);
        vault.finalizeWithdraw(FIRST_WIDE);
        _finalize(batch);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.assertEq(vault.wideBalance(GRID), 500 + taken, "settled");
        vm.assertEq(token.balanceOf(PURSE), TICK * (asked < 1_000 - taken ? asked : 1_000 - taken), "paid what is left");
        _assertSolvent();
    }

    /// @dev Whoever isn't asked for anything by the open proposal is paid beside it; the supplier isn't, as it bears what homes may lack.
    function test_aProposalThatTakesNothingKeepsNobodyWaiting() external {
        _namePayee(GRID);
        _namePayee(2);
        _depositWide(2, 30);
        _requestWide(SUPPLIER, PURSE, 1_000);
        _requestWide(GRID, OTHER, 500);
        _requestWide(2, STRANGER, 30);
        vm.warp(block.timestamp + ESCAPE);
        Batch memory batch = _batch("", bytes.concat(Reference.wide(SUPPLIER, 7), Reference.wide(GRID, -7)));
        _propose(batch);
        vault.finalizeWithdraw(FIRST_WIDE + 2);
        _refuse(abi.encodeWithSelector(IEscrow.WideNeeded.selector, SUPPLIER));
        vault.finalizeWithdraw(FIRST_WIDE);
        _refuse(abi.encodeWithSelector(IEscrow.WideNeeded.selector, GRID));
        vault.finalizeWithdraw(FIRST_WIDE + GRID);
        vm.warp(vm.getBlockTimestamp() + WINDOW);
        _finalize(batch);
        vault.finalizeWithdraw(FIRST_WIDE);
        vault.finalizeWithdraw(FIRST_WIDE + GRID);
        vm.assertEq(token.balanceOf(STRANGER), 30 * TICK, "community");
        vm.assertEq(token.balanceOf(PURSE), 1_000 * TICK, "supplier");
        vm.assertEq(token.balanceOf(OTHER), 493 * TICK, "grid");
        vm.assertEq(vault.wideBalance(SUPPLIER), 7, "what was settled since");
        _assertSolvent();
    }

    /// @dev I5: a proposal that nobody can settle is dropped by anybody, paused or not, and keeps no payee for ever.
    function testFuzz_aProposalThatCannotBeSettledKeepsNobody(bool isVetoed) external {
        _requestWide(SUPPLIER, PURSE, 1_000);
        Batch memory batch = _batch("", bytes.concat(Reference.wide(SUPPLIER, -1_001), Reference.wide(GRID, 1_001)));
        _propose(batch);
        vm.warp(block.timestamp + ESCAPE);
        _refuse(abi.encodeWithSelector(IGridVault.WideUnderflow.selector, SUPPLIER, 1));
        _finalize(batch);
        vm.prank(GUARDIAN);
        vault.pause(MAX_PAUSE);
        _refuse(abi.encodeWithSelector(IEscrow.WideNeeded.selector, SUPPLIER));
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.prank(GUARDIAN);
        if (isVetoed) vault.veto(batch.period);
        else vault.expire(batch.period);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.assertEq(token.balanceOf(PURSE), 1_000 * TICK, "paid");
        vm.assertEq(vault.wideBalance(SUPPLIER), 0, "all of it");
    }

    function testFuzz_aRedirectChangesTheRecipientAlone(uint256 asked, uint256 fee, uint256 wait) external {
        uint64 ticks = uint64(_bound(asked, 1, 1_000));
        uint64 feeTicks = uint64(_bound(fee, 0, ticks));
        bytes32 signed = _typed(_withdrawHash(FIRST_WIDE, PURSE, ticks, feeTicks, 0, type(uint256).max));
        vm.prank(STRANGER);
        vault.requestWithdrawFor(FIRST_WIDE, PURSE, ticks, feeTicks, type(uint256).max, _signature(_payeeKey(SUPPLIER), signed));
        IEscrow.Withdrawal memory before = vault.withdrawal(FIRST_WIDE);
        vm.warp(vm.getBlockTimestamp() + _bound(wait, 0, ESCAPE));
        vm.expectEmit();
        emit IEscrow.WithdrawalRedirected(FIRST_WIDE, OTHER);
        vm.prank(_payee(SUPPLIER));
        vault.redirectWithdraw(FIRST_WIDE, OTHER);
        before.to = OTHER;
        vm.assertEq(abi.encode(vault.withdrawal(FIRST_WIDE)), abi.encode(before), "all else as it was");
        vm.warp(before.requestedAt + ESCAPE);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.assertEq(token.balanceOf(OTHER), (ticks - feeTicks) * TICK, "paid");
        vm.assertEq(token.balanceOf(PURSE), 0, "not who was asked for first");
        vm.assertEq(token.balanceOf(STRANGER), feeTicks * TICK, "fee");
    }

    function testFuzz_aRedirectIsTheOwners(address by, uint256 home) external {
        home = _bound(home, 0, HOMES - 1);
        vm.assume(by != _owner(home));
        vm.prank(_owner(home));
        _refuse(IEscrow.NoWithdrawal.selector);
        vault.redirectWithdraw(uint32(home), OTHER);
        _deposit(home, 100);
        _request(home, PURSE, 60);
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.redirectWithdraw(uint32(home), by);
        vm.prank(_owner(home));
        _refuse(IEscrow.BadRecipient.selector);
        vault.redirectWithdraw(uint32(home), address(0));
        vm.prank(_owner(home));
        _refuse(IEscrow.BadRecipient.selector);
        vault.redirectWithdraw(uint32(home), address(vault));
        vm.assertEq(vault.withdrawal(uint32(home)).to, PURSE, "as it was asked");
    }

    function testFuzz_aSignedRedirectCountsOnce(uint256 key, uint256 late) external {
        key = _bound(key, 1, 1e18);
        vm.assume(key != _ownerKey(3));
        uint256 deadline = vm.getBlockTimestamp() + 100;
        _deposit(3, 100);
        _request(3, PURSE, 60);
        _deposit(4, 100);
        _request(4, PURSE, 60);
        bytes memory right = _signature(_ownerKey(3), _typed(_redirectHash(3, OTHER, 0, deadline)));
        _refuseRedirect(3, OTHER, deadline, _signature(key, _typed(_redirectHash(3, OTHER, 0, deadline))));
        _refuseRedirect(4, OTHER, deadline, right);
        _refuseRedirect(3, STRANGER, deadline, right);
        _refuseRedirect(3, OTHER, deadline + 1, right);
        _refuseRedirect(3, OTHER, deadline, _signature(_ownerKey(3), _typed(_redirectHash(3, OTHER, 1, deadline))));
        vm.warp(deadline + _bound(late, 1, 1e9));
        _refuse(abi.encodeWithSelector(IEscrow.Expired.selector, deadline));
        vault.redirectWithdrawFor(3, OTHER, deadline, right);
        vm.assertEq(vault.withdrawal(3).to, PURSE, "as it was asked");
        vm.warp(deadline);
        vault.redirectWithdrawFor(3, OTHER, deadline, right);
        vm.assertEq(vault.withdrawal(3).to, OTHER, "redirected");
        vm.prank(_owner(3));
        vault.redirectWithdraw(3, PURSE);
        _refuseRedirect(3, OTHER, deadline, right);
        vm.assertEq(vault.nonces(3), 1, "nonce");
    }

    /// @dev A currency that refuses who was named keeps nobody's money here.
    function test_whatTheCurrencyRefusesGoesElsewhere() external {
        HostileCurrency hostile = new HostileCurrency();
        IGridVault.Config memory config = _config();
        config.token = IERC20(address(hostile));
        vault = _newVault(config);
        _assignOffices();
        _register(0);
        hostile.approve(address(vault), type(uint256).max);
        vault.deposit(0, 100 * TICK);
        vault.depositWide(SUPPLIER, 50 * TICK);
        _namePayee(SUPPLIER);
        _request(0, PURSE, 100);
        _requestWide(SUPPLIER, PURSE, 50);
        hostile.refuse(PURSE);
        vm.warp(block.timestamp + ESCAPE);
        _refuse(abi.encodeWithSignature("ERC20InvalidReceiver(address)", PURSE));
        vault.finalizeWithdraw(0);
        _refuse(abi.encodeWithSignature("ERC20InvalidReceiver(address)", PURSE));
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.prank(_owner(0));
        vault.redirectWithdraw(0, OTHER);
        vm.prank(_payee(SUPPLIER));
        vault.redirectWithdraw(FIRST_WIDE, OTHER);
        vault.finalizeWithdraw(0);
        vault.finalizeWithdraw(FIRST_WIDE);
        vm.assertEq(hostile.balanceOf(OTHER), 150 * TICK, "paid");
        vm.assertEq(hostile.balanceOf(address(vault)), 0, "nothing is left");
    }

    function _refuseWide(address to, uint256 ticks, bytes memory refusal) private {
        vm.prank(_payee(SUPPLIER));
        _refuse(refusal);
        vault.requestWithdraw(FIRST_WIDE, to, uint64(ticks));
    }

    function _refuseRedirect(uint32 home, address to, uint256 deadline, bytes memory signature) private {
        _refuse(IRegistry.BadSignature.selector);
        vault.redirectWithdrawFor(home, to, deadline, signature);
    }
}
