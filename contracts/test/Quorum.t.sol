// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistry} from "../src/IRegistry.sol";
import {Street} from "./Street.sol";

/// @title Certificates, and who may be named to sign them
contract QuorumTest is Street {
    uint256 private constant HOMES = 12;
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() external {
        _open(HOMES, 7);
    }

    /// @dev Any subset of the validators certifies when it is more than two thirds of them, and only then.
    function testFuzz_anySubset(uint256 count, uint256 signers) external {
        count = _bound(count, 1, HOMES);
        _setValidators(20, _voters(0, count));
        Batch memory batch = _emptyBatch();
        bytes32 signed = vault.digest(batch.period);
        bytes memory cert;
        uint256 got;
        for (uint256 place; place < count; ++place) {
            if ((signers >> place) & 1 == 0) continue;
            cert = bytes.concat(cert, _entry(place, _agentKey(place), signed));
            ++got;
        }
        // The smallest number that is more than two thirds.
        uint256 need;
        while (3 * need <= 2 * count) ++need;
        if (got < need) _refuse(abi.encodeWithSelector(IRegistry.QuorumNotReached.selector, got, need));
        _propose(batch, cert);
    }

    /// @dev One byte changed anywhere in a certificate makes it worthless.
    function testFuzz_oneByteChanged(uint256 place, uint8 with) external {
        Batch memory batch = _emptyBatch();
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 5);
        place = _bound(place, 0, cert.length - 1);
        vm.assume(with != 0);
        cert[place] ^= bytes1(with);
        vm.prank(STRANGER);
        (bool isTaken, bytes memory refusal) = address(vault).call(
            abi.encodeCall(vault.propose, (batch.period, batch.vector, batch.wide, cert))
        );
        vm.assertTrue(!isTaken, "taken");
        vm.assertTrue(bytes4(refusal) == IRegistry.BadCertificate.selector, "as a bad certificate");
    }

    /// @dev Signed for another period, chain or vault.
    function testFuzz_anotherDigest(bytes32 other) external {
        Batch memory batch = _emptyBatch();
        vm.assume(other != vault.digest(batch.period));
        _refuseCertificate(batch, _certificate(other, 0, 5), 0);
    }

    function testFuzz_ofAnyOtherLength(uint256 length) external {
        Batch memory batch = _emptyBatch();
        length = _bound(length, 0, 66 * 10);
        vm.assume(length % 66 != 0);
        _refuseCertificate(batch, new bytes(length), length / 66);
    }

    function testFuzz_theOtherSignatureOfTheSameKey(uint256 entry) external {
        Batch memory batch = _emptyBatch();
        bytes32 signed = vault.digest(batch.period);
        entry = _bound(entry, 0, 4);
        bytes memory cert;
        for (uint256 place; place < 5; ++place) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_agentKey(place), signed);
            if (place == entry) (v, s) = (55 - v, bytes32(CURVE_ORDER - uint256(s)));
            cert = bytes.concat(cert, abi.encodePacked(uint8(place), r, s, v));
        }
        _refuseCertificate(batch, cert, entry);
    }

    function testFuzz_aStrangerInAValidatorsPlace(uint256 key, uint256 entry) external {
        key = _bound(key, 1, 1e18);
        entry = _bound(entry, 0, 4);
        vm.assume(key != _agentKey(entry));
        Batch memory batch = _emptyBatch();
        bytes32 signed = vault.digest(batch.period);
        bytes memory cert;
        for (uint256 place; place < 5; ++place) cert = bytes.concat(cert, _entry(place, place == entry ? key : _agentKey(place), signed));
        _refuseCertificate(batch, cert, entry);
    }

    /// @dev Twice, out of order, or beyond the set.
    function testFuzz_placesRise(uint256 seed) external {
        Batch memory batch = _emptyBatch();
        bytes32 signed = vault.digest(batch.period);
        bytes memory cert;
        uint256 bad = type(uint256).max;
        uint256 lowest;
        for (uint256 i; i < 5; ++i) {
            uint256 place = _draw(seed, i) % 9;
            if (bad == type(uint256).max && (place < lowest || place > 6)) bad = i;
            lowest = place + 1;
            cert = bytes.concat(cert, _entry(place, _agentKey(place), signed));
        }
        if (bad != type(uint256).max) _refuse(abi.encodeWithSelector(IRegistry.BadCertificate.selector, bad));
        _propose(batch, cert);
    }

    function test_nobodyCertifiesBeforeTheFirstSet() external {
        _open(HOMES, 0);
        Batch memory batch = _emptyBatch();
        bytes memory cert = _certificate(vault.digest(batch.period), 0, 5);
        _refuse(abi.encodeWithSelector(IRegistry.NoValidators.selector, FIRST_INTERVAL));
        _propose(batch, cert);
        _setValidators(uint48(FIRST_INTERVAL) + 1, _voters(0, 7));
        _refuse(abi.encodeWithSelector(IRegistry.NoValidators.selector, FIRST_INTERVAL));
        _propose(batch, cert);
        _open(HOMES, 7);
        _setValidators(uint48(FIRST_INTERVAL), _voters(5, 3));
        batch = _emptyBatch();
        cert = _certificate(vault.digest(batch.period), 0, 5);
        _refuse(abi.encodeWithSelector(IRegistry.BadCertificate.selector, 0));
        _propose(batch, cert);
    }

    function test_whoHasLeftCountsAmongAllAndSignsNoMore() external {
        for (uint256 home; home < 2; ++home) {
            vm.prank(REGISTRAR);
            vault.leaveStreet(uint32(home), uint48(FIRST_INTERVAL));
        }
        Batch memory batch = _emptyBatch();
        bytes32 signed = vault.digest(batch.period);
        _refuseCertificate(batch, _certificate(signed, 0, 5), 0);
        _refuseCertificate(batch, _certificate(signed, 1, 5), 0);
        _propose(batch, _certificate(signed, 2, 5));
    }

    /// @dev Any classes and minimums: taken when they are fair and only then; and what was taken certifies as it says.
    function testFuzz_classes(uint256 seed, uint256 count, uint8[3] calldata drawn) external {
        count = _bound(count, 1, HOMES);
        IRegistry.Validator[] memory validators = _voters(0, count);
        uint256[3] memory members;
        for (uint256 i; i < count; ++i) {
            uint256 class = seed % 5 == 0 ? 0 : _draw(seed, i) % 3;
            validators[i].class = IRegistry.Class(class);
            ++members[class];
        }
        uint8[3] memory minimums;
        for (uint256 i; i < 3; ++i) minimums[i] = uint8(drawn[i] % (members[i] + (drawn[i] % 16 == 0 ? 2 : 1)));
        bytes memory refusal = _unfair(members, minimums);
        vm.prank(GOVERNOR);
        if (refusal.length > 0) _refuse(refusal);
        vault.setValidators(20, validators, minimums);
        if (refusal.length > 0) return;
        _assertCertifiesByClass(validators, minimums, _draw(seed, 1_000));
    }

    function testFuzz_validatorsAreHomesByRisingId(uint8[6] calldata ids) external {
        IRegistry.Validator[] memory validators = new IRegistry.Validator[](6);
        uint256 bad = 6;
        for (uint256 i; i < 6; ++i) {
            uint32 home = uint32(i) + ids[i] % 4;
            validators[i].home = ids[i] > 240 ? 200 : home;
            bool isRising = i == 0 || validators[i].home > validators[i - 1].home;
            if (bad == 6 && (!isRising || validators[i].home >= HOMES)) bad = i;
        }
        vm.prank(GOVERNOR);
        if (bad < 6) _refuse(abi.encodeWithSelector(IRegistry.BadValidatorSet.selector, bad));
        vault.setValidators(20, validators, [0, 0, 0]);
    }

    function test_oneTo64Validators() external {
        _open(65, 0);
        vm.prank(GOVERNOR);
        _refuse(abi.encodeWithSelector(IRegistry.BadValidatorSet.selector, 0));
        vault.setValidators(100, _voters(0, 0), [0, 0, 0]);
        vm.prank(GOVERNOR);
        _refuse(abi.encodeWithSelector(IRegistry.BadValidatorSet.selector, 65));
        vault.setValidators(100, _voters(0, 65), [0, 0, 0]);
        _setValidators(100, _voters(0, 64));
        IRegistry.ValidatorSet[] memory sets = vault.validatorSets();
        vm.assertEq(sets.length, 1, "sets");
        vm.assertEq(sets[0].validators.length, 64, "validators");
        Batch memory batch = _emptyBatch();
        _propose(batch, _certificate(vault.digest(batch.period), 0, 43));
    }

    function testFuzz_theGovernorAloneNamesThem(address by) external {
        vm.assume(by != GOVERNOR);
        IRegistry.Validator[] memory validators = _voters(0, 4);
        vm.prank(by);
        _refuseTo(by);
        vault.setValidators(20, validators, [0, 0, 0]);
    }

    function test_setsAreToldAsTheyWereNamed() external {
        IRegistry.Validator[] memory validators = _voters(3, 7);
        (validators[0].class, validators[6].class) = (IRegistry.Class.Operator, IRegistry.Class.Utility);
        uint8[3] memory minimums = [3, 1, 1];
        vm.expectEmit();
        emit IRegistry.ValidatorsSet(20, validators, minimums);
        vm.prank(GOVERNOR);
        vault.setValidators(20, validators, minimums);
        IRegistry.ValidatorSet memory told = vault.validatorSets()[1];
        IRegistry.ValidatorSet memory named = IRegistry.ValidatorSet(20, minimums, validators);
        vm.assertEq(abi.encode(told), abi.encode(named), "set");
        vm.prank(GOVERNOR);
        _refuse(abi.encodeWithSelector(IRegistry.TooEarly.selector, 19, 20));
        vault.setValidators(19, validators, minimums);
    }

    /// @dev The error that such a set is refused with; empty when it is fair. From the sentences of contracts/README.md.
    function _unfair(uint256[3] memory members, uint8[3] memory minimums) private pure returns (bytes memory) {
        for (uint256 i; i < 3; ++i) {
            if (minimums[i] > members[i]) {
                return abi.encodeWithSelector(IRegistry.BadMinimum.selector, IRegistry.Class(i), uint256(minimums[i]), members[i]);
            }
        }
        (uint256 homes, uint256 others) = (members[0], members[1] + members[2]);
        uint256 need;
        while (3 * need <= 2 * (homes + others)) ++need;
        bool canOthersAlone = others >= need && minimums[0] == 0;
        if (canOthersAlone) return abi.encodeWithSelector(IRegistry.ClassTooStrong.selector, others, need);
        bool canHomesAlone = others > 0 && homes >= need && minimums[1] == 0 && minimums[2] == 0;
        if (canHomesAlone) return abi.encodeWithSelector(IRegistry.ClassTooStrong.selector, homes, need);
        return "";
    }

    function _assertCertifiesByClass(IRegistry.Validator[] memory validators, uint8[3] memory minimums, uint256 signers) private {
        Batch memory batch = _emptyBatch();
        bytes32 signed = vault.digest(batch.period);
        bytes memory cert;
        uint256[3] memory voices;
        uint256 got;
        for (uint256 place; place < validators.length; ++place) {
            if ((signers >> (2 * place)) & 3 == 0) continue;
            cert = bytes.concat(cert, _entry(place, _agentKey(place), signed));
            ++voices[uint256(validators[place].class)];
            ++got;
        }
        uint256 need;
        while (3 * need <= 2 * validators.length) ++need;
        bytes memory refusal;
        for (uint256 i = 3; i > 0; --i) {
            if (voices[i - 1] >= minimums[i - 1]) continue;
            IRegistry.Class class = IRegistry.Class(i - 1);
            refusal = abi.encodeWithSelector(IRegistry.QuorumClassMissing.selector, class, voices[i - 1], uint256(minimums[i - 1]));
        }
        if (got < need) refusal = abi.encodeWithSelector(IRegistry.QuorumNotReached.selector, got, need);
        if (refusal.length > 0) _refuse(refusal);
        _propose(batch, cert);
    }

    function _refuseCertificate(Batch memory batch, bytes memory cert, uint256 entry) private {
        _refuse(abi.encodeWithSelector(IRegistry.BadCertificate.selector, entry));
        _propose(batch, cert);
    }
}
