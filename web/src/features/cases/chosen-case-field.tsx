import { choiceOf, useChosenCase } from '../../session/chosen-case.js';
import { CaseField } from './case-field.js';

/** Chooses the case of the next images. The choice stays while the user visits other pages. */
export function ChosenCaseField() {
  const [chosen, choose] = useChosenCase();
  return (
    <CaseField
      value={chosen?.kind === 'case' ? chosen.reference : ''}
      onChange={(text) => choose(choiceOf(text))}
      hint={chosen?.kind === 'no case' ? 'No case: the images will belong to no case.' : undefined}
    />
  );
}
