// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {WebAuthn} from "@openzeppelin/contracts/utils/cryptography/WebAuthn.sol";

/// @title A home's owner that is a passkey
/// @notice Holds no money and calls nothing; says only whether a passkey signed (ERC-1271), so that a person with a phone and no coin
/// owns a home. The key never changes.
contract PasskeyOwner is IERC1271 {
    /// @notice This is no point of the curve P-256.
    error BadKey(bytes32 x, bytes32 y);

    /// @notice The key's x.
    bytes32 public immutable x;
    /// @notice The key's y.
    bytes32 public immutable y;

    /// @param x_ The key's x.
    /// @param y_ The key's y.
    constructor(bytes32 x_, bytes32 y_) {
        if (!P256.isValidPublicKey(x_, y_)) revert BadKey(x_, y_);
        (x, y) = (x_, y_);
    }

    /// @inheritdoc IERC1271
    /// @param hash What was signed; the challenge of the assertion.
    /// @param signature A WebAuthn assertion with a verified user: the fields of OpenZeppelin's `WebAuthnAuth`, `abi.encode(r, s, ...)`.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (bool isAssertion, WebAuthn.WebAuthnAuth calldata assertion) = WebAuthn.tryDecodeAuth(signature);
        bool isSigned = isAssertion && WebAuthn.verify(abi.encodePacked(hash), assertion, x, y);
        return isSigned ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
