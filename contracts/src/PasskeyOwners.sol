// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {PasskeyOwner} from "./PasskeyOwner.sol";

/// @title Where passkeys have their address
/// @notice A passkey's address follows from the key alone (CREATE2), so that a home can be registered before anybody pays to make it.
contract PasskeyOwners {
    /// @notice A passkey got its contract.
    event PasskeyOwnerMade(address indexed owner, bytes32 x, bytes32 y);

    /// @notice Makes the owner of a passkey; one that is there already is success. Anyone may.
    /// @param x The key's x.
    /// @param y The key's y.
    /// @return owner Where it stands.
    function make(bytes32 x, bytes32 y) external returns (address owner) {
        owner = ownerOf(x, y);
        if (owner.code.length > 0) return owner;
        new PasskeyOwner{salt: 0}(x, y);
        emit PasskeyOwnerMade(owner, x, y);
    }

    /// @notice Where the owner of a passkey stands, or will.
    /// @param x The key's x.
    /// @param y The key's y.
    function ownerOf(bytes32 x, bytes32 y) public view returns (address) {
        return Create2.computeAddress(0, keccak256(abi.encodePacked(type(PasskeyOwner).creationCode, abi.encode(x, y))));
    }
}
