import type { ParameterInput } from '../../graphql/graphql.js';
import { PairFields } from '../../ui/pair-fields.js';

interface ParameterFieldsProps {
  parameters: ParameterInput[];
  onChange: (parameters: ParameterInput[]) => void;
}

/** Fields for training parameters with a value other than the default. */
export function ParameterFields({ parameters, onChange }: ParameterFieldsProps) {
  return (
    <PairFields
      name="Parameters"
      labels={['Parameter', 'Value']}
      hint="Training parameters not listed here have their default values."
      add="Add parameter"
      pairs={parameters.map(({ name, value }) => [name, value])}
      onChange={(pairs) => onChange(pairs.map(([name, value]) => ({ name, value })))}
    />
  );
}
