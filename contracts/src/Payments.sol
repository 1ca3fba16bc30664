// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Deltas} from "./Deltas.sol";
import {ICommunity} from "./ICommunity.sol";
import {IEscape} from "./IEscape.sol";
import {IEscrow} from "./IEscrow.sol";

/// @title What homes have paid from the community's account
/// @notice The vault pays of it what this contract asks for, and nobody else can ask; this asks for what homes voted for.
abstract contract Payments is ICommunity, EIP712 {
    bytes32 private constant PAYMENT_TYPEHASH = keccak256("Payment(uint32 home,address to,uint64 ticks,uint256 nonce)");

    /// @notice The community's wide account.
    uint8 public constant ACCOUNT = 2;
    /// @dev The same among accounts of both kinds.
    uint32 private constant ACCOUNT_NUMBER = uint32(Deltas.FIRST_WIDE) + ACCOUNT;

    /// @notice Says who is a home, and what is settled.
    IEscape public immutable vault;

    /// @inheritdoc ICommunity
    mapping(uint32 home => uint256) public motionsOf;
    mapping(uint256 motion => Payment) private _payments;

    constructor(IEscape vault_) {
        vault = vault_;
    }

    /// @inheritdoc ICommunity
    function movePayment(uint32 home, address to, uint64 ticks) external returns (uint256 motion) {
        if (msg.sender != _ownerOf(home)) revert NotOwner();
        return _movePayment(home, to, ticks);
    }

    /// @inheritdoc ICommunity
    function movePaymentFor(
        uint32 home,
        address to,
        uint64 ticks,
        bytes calldata signature
    ) external returns (uint256 motion) {
        bytes32 structHash = keccak256(abi.encode(PAYMENT_TYPEHASH, home, to, ticks, motionsOf[home]));
        _requireSigned(_ownerOf(home), structHash, signature);
        return _movePayment(home, to, ticks);
    }

    /// @inheritdoc ICommunity
    function paymentOf(uint256 motion) external view returns (Payment memory) {
        _motion(motion);
        return _payments[motion];
    }

    /// @dev Asks the vault, which pays when everything up to now is settled.
    function _pay(uint256 motion) internal {
        Payment memory payment = _payments[motion];
        emit PaymentDecided(motion, payment.to, payment.ticks);
        if (payment.ticks == 0) {
            // Another payment than the one that homes voted on stays as it is.
            if (_waiting() != payment.instead) revert NothingWaits();
            vault.redirectWithdraw(ACCOUNT_NUMBER, payment.to);
        } else {
            _requireHalf(payment.ticks);
            vault.requestWithdraw(ACCOUNT_NUMBER, payment.to, payment.ticks);
        }
    }

    function _isPayment(uint256 motion) internal view returns (bool) {
        return _payments[motion].to != address(0);
    }

    /// @dev A motion of a home that may bring one, without what it is for.
    function _move(uint32 home) internal virtual returns (uint256 motion, Motion storage each);

    function _motion(uint256 motion) internal view virtual returns (Motion storage);

    function _ownerOf(uint32 home) internal view returns (address) {
        if (home >= vault.homeCount()) revert NotMember(home);
        return vault.home(home).owner;
    }

    function _requireSigned(address owner, bytes32 structHash, bytes calldata signature) internal view {
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, _hashTypedDataV4(structHash), signature)) revert BadSignature();
    }

    function _movePayment(uint32 home, address to, uint64 ticks) private returns (uint256 motion) {
        if (vault.payee(ACCOUNT) != address(this)) revert NotPayee();
        if (to == address(0) || to == address(vault)) revert BadRecipient();
        uint40 instead;
        if (ticks == 0) instead = _waiting();
        else _requireHalf(ticks);
        Motion storage each;
        (motion, each) = _move(home);
        _payments[motion] = Payment(to, ticks, instead);
        emit PaymentMoved(motion, home, to, ticks, each.closesAt);
    }

    /// @dev When the payment was asked for that waits.
    function _waiting() private view returns (uint40) {
        IEscrow.Withdrawal memory asked = vault.withdrawal(ACCOUNT_NUMBER);
        if (asked.ticks == 0) revert NothingWaits();
        return asked.requestedAt;
    }

    function _requireHalf(uint256 ticks) private view {
        uint256 most = vault.wideBalance(ACCOUNT) / 2;
        if (ticks > most) revert PaymentTooLarge(ticks, most);
    }
}
