// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A home's owner that is a contract: what its holder signed counts (ERC-1271)
contract ContractWallet is IERC1271 {
    address private immutable _holder;

    constructor(address holder) {
        _holder = holder;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return signer == _holder ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
