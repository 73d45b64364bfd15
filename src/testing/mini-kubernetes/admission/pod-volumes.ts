import { type JsonObject, listAt, objectAt, stringAt } from '../store/json.ts';
import {
  duplicateValue,
  type FieldError,
  invalidValue,
  notFoundValue,
  requiredValue,
} from './field-error.ts';
import { dnsLabelFaults } from './names.ts';

/** What is wrong with the volumes of a pod's or a template's spec. */
export function validateVolumes(field: string, spec: JsonObject): FieldError[] {
  const names = namesOf(spec);
  return names.flatMap((name, index) => {
    const place = `${field}.volumes[${index}].name`;
    if (name === '') return [requiredValue(place)];
    return [
      ...dnsLabelFaults(name).map((why) => invalidValue(place, name, why)),
      ...(names.indexOf(name) < index ? [duplicateValue(place, name)] : []),
    ];
  });
}

/** What is wrong with what the container at `field` mounts of the volumes in `spec`. */
export function validateMounts(field: string, container: JsonObject, spec: JsonObject): FieldError[] {
  const mounts = listAt(container['volumeMounts']).map(objectAt);
  const volumes = namesOf(spec);
  const paths = mounts.map((mount) => stringAt(mount['mountPath']));
  return mounts.flatMap((mount, index) => {
    const place = `${field}.volumeMounts[${index}]`;
    const [name, path] = [stringAt(mount['name']), paths[index] ?? ''];
    return [
      ...(name === '' ? [requiredValue(`${place}.name`)] : []),
      ...(volumes.includes(name) ? [] : [notFoundValue(`${place}.name`, name)]),
      ...(path === '' ? [requiredValue(`${place}.mountPath`)] : []),
      ...(paths.indexOf(path) < index ? [invalidValue(`${place}.mountPath`, path, 'must be unique')] : []),
    ];
  });
}

const namesOf = (spec: JsonObject) =>
  listAt(spec['volumes']).map((volume) => stringAt(objectAt(volume)['name']));
