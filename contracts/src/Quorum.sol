// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IGridVault} from "./IGridVault.sol";

/// @title More than two thirds of a fixed set of validators
/// @dev An index names each signer, so one recovery per signature is enough and rising order excludes duplicates.
abstract contract Quorum is IGridVault {
    /// @dev Index and signature of one validator.
    uint256 private constant ENTRY = 1 + 65;

    /// @notice The most validators that one certificate is paid for; streets have 4 to 31.
    uint256 public constant MAX_VALIDATORS = 64;

    address[] private _validators;

    constructor(address[] memory agents) {
        if (agents.length == 0 || agents.length > MAX_VALIDATORS) revert BadValidatorSet();
        for (uint256 i; i < agents.length; ++i) {
            if (agents[i] == address(0)) revert BadValidatorSet();
            for (uint256 j; j < i; ++j) {
                if (agents[i] == agents[j]) revert BadValidatorSet();
            }
        }
        _validators = agents;
    }

    /// @inheritdoc IGridVault
    function validators() external view returns (address[] memory) {
        return _validators;
    }

    /// @inheritdoc IGridVault
    function quorum() public view returns (uint256) {
        return (2 * _validators.length) / 3 + 1;
    }

    /// @dev Reverts unless `cert` holds a quorum's signatures over `signed` and nothing else.
    function _checkQuorum(bytes32 signed, bytes calldata cert) internal view {
        uint256 got = cert.length / ENTRY;
        if (cert.length % ENTRY != 0) revert BadCertificate(got);
        uint256 need = quorum();
        if (got < need) revert QuorumNotReached(got, need);

        uint256 total = _validators.length;
        uint256 lowest;
        for (uint256 i; i < got; ++i) {
            bytes calldata entry = cert[i * ENTRY:(i + 1) * ENTRY];
            uint256 index = uint8(entry[0]);
            if (index < lowest || index >= total) revert BadCertificate(i);
            // Refuses a high s, so that nobody can vary a certificate without the signer.
            (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(signed, entry[1:]);
            if (problem != ECDSA.RecoverError.NoError || signer != _validators[index]) revert BadCertificate(i);
            lowest = index + 1;
        }
    }
}
