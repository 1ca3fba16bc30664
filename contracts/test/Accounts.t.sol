// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IGridVault} from "../src/IGridVault.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {HostileCurrency} from "./HostileCurrency.sol";
import {ICurrency, IVault} from "./IVault.sol";
import {Street} from "./Street.sol";

/// @title Escrow: deposits, withdrawals, what is told of them
contract AccountsTest is Street {
    uint256 private constant HOMES = 10;
    address private constant PURSE = address(0x9125e);

    function setUp() external {
        _open(HOMES, 4);
    }

    function testFuzz_depositAddsToOneHome(uint256 home, uint256 ticks, uint256 more) external {
        home = _bound(home, 0, HOMES - 1);
        ticks = _bound(ticks, 1, 2 ** 30 - 1);
        vm.expectEmit();
        emit IEscrow.Deposited(uint32(home), BANK, ticks);
        _deposit(home, ticks);
        for (uint256 i; i < HOMES; ++i) vm.assertEq(vault.balanceOf(uint32(i)), i == home ? ticks : 0, "balance");
        more = _bound(more, 2 ** 30 - ticks, 2 ** 40);
        vm.prank(BANK);
        _refuse(abi.encodeWithSelector(IGridVault.LaneOverflow.selector, home / 8));
        vault.deposit(uint32(home), more * TICK);
        _assertSolvent();
    }

    function testFuzz_depositWideAddsToOneAccount(uint8 id, uint256 ticks) external {
        id %= 8;
        ticks = _bound(ticks, 1, 1e27);
        vm.expectEmit();
        emit IEscrow.WideDeposited(id, BANK, ticks);
        _depositWide(id, ticks);
        for (uint8 i; i < 8; ++i) vm.assertEq(vault.wideBalance(i), i == id ? ticks : 0, "balance");
        _assertSolvent();
    }

    function testFuzz_amountsAreWholeTicks(uint256 amount) external {
        vm.assume(amount % TICK != 0);
        _refuse(IEscrow.NotTickAligned.selector);
        vault.deposit(0, amount);
        _refuse(IEscrow.NotTickAligned.selector);
        vault.depositWide(0, amount);
        _refuse(IEscrow.ZeroAmount.selector);
        vault.deposit(0, 0);
        _refuse(IEscrow.ZeroAmount.selector);
        vault.depositWide(0, 0);
    }

    function testFuzz_accountsThatAreNotThere(uint32 home, uint8 id) external {
        vm.assume(home >= HOMES && home < FIRST_WIDE && id >= 8);
        bytes memory noHome = abi.encodeWithSelector(IRegistry.UnknownAccount.selector, uint256(home));
        bytes memory noWide = abi.encodeWithSelector(IRegistry.UnknownAccount.selector, uint256(id));
        _refuse(noHome);
        vault.deposit(home, TICK);
        _refuse(noHome);
        vault.balanceOf(home);
        _refuse(noHome);
        vault.requestWithdraw(home, PURSE, 1);
        _refuse(noWide);
        vault.depositWide(id, TICK);
        _refuse(noWide);
        vault.wideBalance(id);
        _refuse(IEscrow.NoWithdrawal.selector);
        vault.finalizeWithdraw(home);
    }

    function testFuzz_currenciesThatCharge(uint64 fee) external {
        HostileCurrency hostile = new HostileCurrency();
        IVault other = _vaultFor(hostile);
        hostile.approve(address(other), type(uint256).max);
        fee = uint64(_bound(fee, 1, 1_000));
        hostile.misbehave(fee, address(0), "");
        bytes memory refusal = abi.encodeWithSelector(IEscrow.TransferMismatch.selector, 1_000, 1_000 - fee);
        _refuse(refusal);
        other.depositWide(0, 1_000);
    }

    function test_currenciesThatCallBack() external {
        HostileCurrency hostile = new HostileCurrency();
        IVault other = _vaultFor(hostile);
        hostile.approve(address(other), type(uint256).max);
        vm.prank(REGISTRAR);
        other.register(address(this), _agent(0), 0, 0);
        other.deposit(0, 10 * TICK);
        other.requestWithdraw(0, PURSE, 10);
        vm.warp(block.timestamp + ESCAPE);
        bytes4 guarded = bytes4(keccak256("ReentrancyGuardReentrantCall()"));
        hostile.misbehave(0, address(other), abi.encodeCall(IEscrow.finalizeWithdraw, (0)));
        _refuse(guarded);
        other.finalizeWithdraw(0);
        _refuse(guarded);
        other.deposit(0, TICK);
        _refuse(guarded);
        other.depositWide(0, TICK);
    }

    function test_aVaultNeedsACurrencyAndARegistrar() external {
        IGridVault.Config memory config = _config();
        config.token = IERC20(address(0));
        _refuse(IRegistry.ZeroAddress.selector);
        this.build(VAULT, abi.encode(config));
        config = _config();
        config.authority = address(0);
        _refuse(IRegistry.ZeroAddress.selector);
        this.build(VAULT, abi.encode(config));
    }

    function testFuzz_withdrawalPaysOnceAfterTheEscape(uint256 home, uint256 held, uint256 asked, uint256 wait) external {
        home = _bound(home, 0, HOMES - 1);
        held = _bound(held, 1, 2 ** 30 - 1);
        asked = _bound(asked, 1, held);
        _deposit(home, held);
        vm.expectEmit();
        emit IEscrow.WithdrawalRequested(uint32(home), PURSE, asked);
        _request(home, PURSE, asked);
        IEscrow.Withdrawal memory pending = vault.withdrawal(uint32(home));
        vm.assertEq(pending.to, PURSE, "to");
        vm.assertEq(pending.ticks, asked, "ticks");
        vm.assertEq(pending.requestedAt, block.timestamp, "when");
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start + _bound(wait, 0, ESCAPE - 1));
        _refuse(IEscrow.WithdrawalLocked.selector);
        vault.finalizeWithdraw(uint32(home));
        vm.warp(start + ESCAPE);
        vm.expectEmit();
        emit IEscrow.WithdrawalFinalized(uint32(home), PURSE, asked);
        vault.finalizeWithdraw(uint32(home));
        _refuse(IEscrow.NoWithdrawal.selector);
        vault.finalizeWithdraw(uint32(home));
        vm.assertEq(token.balanceOf(PURSE), asked * TICK, "paid");
        vm.assertEq(vault.balanceOf(uint32(home)), held - asked, "rest");
        vm.assertEq(vault.withdrawal(uint32(home)).ticks, 0, "nothing pending");
        _assertSolvent();
    }

    /// @dev Settled up to the request: paid at once. Settled up to a second before: not.
    function test_withdrawalPaysWhenEverythingBeforeItIsSettled() external {
        _deposit(5, 100);
        Batch memory before = _emptyBatch();
        vm.warp(block.timestamp + 1);
        _request(5, PURSE, 60);
        _settle(before);
        _refuse(IEscrow.WithdrawalLocked.selector);
        vault.finalizeWithdraw(5);
        Batch memory exact = _emptyBatch();
        exact.period.coversUntil = vault.withdrawal(5).requestedAt;
        _settle(exact);
        vault.finalizeWithdraw(5);
        vm.assertEq(token.balanceOf(PURSE), 60 * TICK, "paid");
    }

    /// @dev What settlement took is not paid out again.
    function testFuzz_withdrawalPaysWhatIsLeft(uint256 asked, uint256 lost) external {
        asked = _bound(asked, 1, 100);
        lost = _bound(lost, 0, 100);
        _deposit(3, 100);
        _request(3, PURSE, asked);
        int256[] memory changes = new int256[](HOMES);
        (changes[3], changes[9]) = (-int256(lost), int256(lost));
        _settle(_batch(changes));
        vm.warp(block.timestamp + ESCAPE);
        vault.finalizeWithdraw(3);
        uint256 paid = asked < 100 - lost ? asked : 100 - lost;
        vm.assertEq(token.balanceOf(PURSE), paid * TICK, "paid");
        vm.assertEq(vault.balanceOf(3), 100 - lost - paid, "rest");
        _assertSolvent();
    }

    function testFuzz_whoMayAskForWhat(address by, uint256 asked) external {
        vm.assume(by != _owner(3));
        _deposit(3, 100);
        vm.prank(by);
        _refuse(IRegistry.NotOwner.selector);
        vault.requestWithdraw(3, PURSE, 1);
        _refuseRequest(address(0), 1, abi.encodeWithSelector(IEscrow.BadRecipient.selector));
        _refuseRequest(address(vault), 1, abi.encodeWithSelector(IEscrow.BadRecipient.selector));
        _refuseRequest(PURSE, 0, abi.encodeWithSelector(IEscrow.ZeroAmount.selector));
        asked = _bound(asked, 101, type(uint64).max);
        _refuseRequest(PURSE, asked, abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, 100, asked));
        _request(3, PURSE, 100);
        _refuseRequest(PURSE, 1, abi.encodeWithSelector(IEscrow.WithdrawalPending.selector));
    }

    function testFuzz_balancesByThePage(uint256 from, uint256 count) external {
        for (uint256 home; home < HOMES; ++home) _deposit(home, 10 + home);
        _depositWide(2, 77);
        _request(4, PURSE, 5);
        from = _bound(from, 0, 2 * HOMES);
        (IEscrow.Balance[] memory homes, uint128[8] memory wide) = vault.balances(from, count);
        uint256 rest = from < HOMES ? HOMES - from : 0;
        vm.assertEq(homes.length, count < rest ? count : rest, "size");
        for (uint256 i; i < homes.length; ++i) {
            vm.assertEq(homes[i].ticks, 10 + from + i, "ticks");
            vm.assertEq(homes[i].requested, from + i == 4 ? 5 : 0, "requested");
            vm.assertEq(homes[i].debt, 0, "debt");
        }
        for (uint256 i; i < 8; ++i) vm.assertEq(wide[i], i == 2 ? 77 : 0, "wide");
    }

    function testFuzz_theDeployerAloneMints(address by) external {
        vm.assume(by != address(this));
        vm.prank(by);
        _refuse(ICurrency.NotMinter.selector);
        token.mint(by, 1);
        vm.assertEq(token.decimals(), 6, "decimals");
        vm.assertEq(vault.MAX_TICKS(), 2 ** 31 - 1, "the most that a home may hold");
        vm.assertEq(vault.MAX_DEPOSITED(), 2 ** 30 - 1, "the most that deposits fill a home up to");
    }

    function _refuseRequest(address to, uint256 ticks, bytes memory refusal) private {
        vm.prank(_owner(3));
        _refuse(refusal);
        vault.requestWithdraw(3, to, uint64(ticks));
    }

    /// @dev The street's vault is another one from here on.
    function _vaultFor(HostileCurrency hostile) private returns (IVault) {
        IGridVault.Config memory config = _config();
        config.token = IERC20(address(hostile));
        vault = _newVault(config);
        _assignOffices();
        return vault;
    }
}
