import { type JsonObject, objectAt } from '../store/json.ts';
import type { FieldError } from './field-error.ts';
import { validateAnnotations, validateLabels } from './names.ts';
import { validatePodSpec } from './pod-spec.ts';

/** What is wrong with the template of pods at `field`, whoever makes pods of it. */
export function validatePodTemplate(field: string, template: JsonObject): FieldError[] {
  const metadata = objectAt(template['metadata']);
  return [
    ...validateLabels(`${field}.labels`, objectAt(metadata['labels'])),
    ...validateAnnotations(`${field}.annotations`, objectAt(metadata['annotations'])),
    ...validatePodSpec(`${field}.spec`, objectAt(template['spec'])),
  ];
}
