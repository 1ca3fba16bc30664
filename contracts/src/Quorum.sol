// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IRegistry} from "./IRegistry.sol";
import {Registry} from "./Registry.sol";

/// @title More than two thirds of the validators, and so many of each class
/// @dev An index names each signer, so one recovery per signature is enough and rising order excludes duplicates.
abstract contract Quorum is Registry {
    /// @dev Index and signature of one validator.
    uint256 private constant ENTRY = 1 + 65;
    uint256 private constant CLASSES = 3;

    /// @notice The most validators that one certificate is paid for; streets have 4 to 31.
    uint256 public constant MAX_VALIDATORS = 64;

    /// @dev A ValidatorSet in few words: all minimums share one with `since`, and six validators share one.
    struct PackedSet {
        uint48 since;
        uint8 homes;
        uint8 operators;
        uint8 utilities;
        /// @dev The home, and from bit 32 on its class.
        uint40[] validators;
    }

    PackedSet[] private _sets;

    /// @inheritdoc IRegistry
    function setValidators(uint48 since, Validator[] calldata validators, uint8[3] calldata minimums) external restricted {
        _requireLater(since, _sets.length == 0 ? 0 : _sets[_sets.length - 1].since);
        uint256[3] memory count = _countClasses(since, validators);
        _requireFairMinimums(count, minimums);

        PackedSet storage set = _sets.push();
        set.since = since;
        (set.homes, set.operators, set.utilities) = (minimums[0], minimums[1], minimums[2]);
        for (uint256 i; i < validators.length; ++i) set.validators.push(_packed(validators[i]));
        _record(abi.encodeCall(IRegistry.setValidators, (since, validators, minimums)));
        emit ValidatorsSet(since, validators, minimums);
    }

    /// @inheritdoc IRegistry
    function validatorSets() external view returns (ValidatorSet[] memory sets) {
        sets = new ValidatorSet[](_sets.length);
        for (uint256 i; i < sets.length; ++i) {
            PackedSet storage set = _sets[i];
            Validator[] memory validators = new Validator[](set.validators.length);
            for (uint256 k; k < validators.length; ++k) validators[k] = _unpacked(set.validators[k]);
            sets[i] = ValidatorSet({since: set.since, minimums: _minimumsOf(set), validators: validators});
        }
    }

    /// @dev Reverts unless `cert` holds, and holds nothing but, a quorum's signatures over `signed` by who certifies a period that
    /// begins with `interval`. Who has left the street counts among all and signs no more.
    function _checkQuorum(bytes32 signed, bytes calldata cert, uint256 interval) internal view {
        PackedSet storage set = _setAt(interval);
        uint256 got = cert.length / ENTRY;
        if (cert.length % ENTRY != 0) revert BadCertificate(got);
        uint256 total = set.validators.length;
        uint256 need = _quorumOf(total);
        if (got < need) revert QuorumNotReached(got, need);

        uint256[3] memory voices;
        uint256 lowest;
        for (uint256 i; i < got; ++i) {
            bytes calldata entry = cert[i * ENTRY:(i + 1) * ENTRY];
            uint256 index = uint8(entry[0]);
            if (index < lowest || index >= total) revert BadCertificate(i);
            Validator memory validator = _unpacked(_validatorAt(set, index));
            // Refuses a high s, so that nobody can vary a certificate without the signer.
            (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(signed, entry[1:]);
            if (problem != ECDSA.RecoverError.NoError || signer != agentAt(validator.home, interval)) revert BadCertificate(i);
            ++voices[uint256(validator.class)];
            lowest = index + 1;
        }
        uint8[3] memory minimums = _minimumsOf(set);
        for (uint256 i; i < CLASSES; ++i) {
            if (voices[i] < minimums[i]) revert QuorumClassMissing(Class(i), voices[i], minimums[i]);
        }
    }

    /// @dev The last set that counts from `interval` or from before it on.
    function _setAt(uint256 interval) private view returns (PackedSet storage) {
        for (uint256 i = _sets.length; i > 0; --i) {
            if (_sets[i - 1].since <= interval) return _sets[i - 1];
        }
        revert NoValidators(interval);
    }

    /// @dev The validator at a place that the set has: the loop over a certificate has made sure.
    function _validatorAt(PackedSet storage set, uint256 place) private view returns (uint40 validator) {
        uint40[] storage validators = set.validators;
        assembly ("memory-safe") {
            mstore(0, validators.slot)
            let word := sload(add(keccak256(0, 32), div(place, 6)))
            validator := and(shr(mul(40, mod(place, 6)), word), 0xffffffffff)
        }
    }

    function _minimumsOf(PackedSet storage set) private view returns (uint8[3] memory) {
        return [set.homes, set.operators, set.utilities];
    }

    function _packed(Validator calldata validator) private pure returns (uint40) {
        return validator.home | (uint40(uint8(validator.class)) << 32);
    }

    function _unpacked(uint40 validator) private pure returns (Validator memory) {
        return Validator({home: uint32(validator), class: Class(uint8(validator >> 32))});
    }

    function _quorumOf(uint256 validators) private pure returns (uint256) {
        return (2 * validators) / 3 + 1;
    }

    function _countClasses(uint48 since, Validator[] calldata validators) private view returns (uint256[3] memory count) {
        if (validators.length == 0 || validators.length > MAX_VALIDATORS) revert BadValidatorSet(validators.length);
        uint256 lowest;
        for (uint256 i; i < validators.length; ++i) {
            uint32 id = validators[i].home;
            if (id < lowest || agentAt(id, since) == address(0)) revert BadValidatorSet(i);
            ++count[uint256(validators[i].class)];
            lowest = uint256(id) + 1;
        }
    }

    /// @dev Each minimum can be met; nobody certifies without homes; and where there are several classes, homes don't do so alone.
    function _requireFairMinimums(uint256[3] memory count, uint8[3] calldata minimums) private pure {
        for (uint256 i; i < CLASSES; ++i) {
            if (minimums[i] > count[i]) revert BadMinimum(Class(i), minimums[i], count[i]);
        }
        uint256 homes = count[uint256(Class.Home)];
        uint256 others = count[uint256(Class.Operator)] + count[uint256(Class.Utility)];
        uint256 need = _quorumOf(homes + others);
        if (others >= need && minimums[uint256(Class.Home)] == 0) revert ClassTooStrong(others, need);
        bool needsOthers = minimums[uint256(Class.Operator)] + minimums[uint256(Class.Utility)] > 0;
        if (others > 0 && homes >= need && !needsOthers) revert ClassTooStrong(homes, need);
    }
}
