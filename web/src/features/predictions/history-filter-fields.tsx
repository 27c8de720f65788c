import { useQuery } from '@apollo/client/react';
import { Box, Button, Collapse, Paper, useMediaQuery, useTheme } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { capitalised, readable } from '../../ui/format.js';
import { ChoiceField } from '../../ui/choice-field.js';
import { DateRangeFields } from '../../ui/date-range-fields.js';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { FilterIcon } from '../../ui/icons.js';
import { cellTypeName, outcomeLabels, verdictLabels } from '../../ui/labels.js';
import { CaseFilterField } from '../cases/case-filter-field.js';
import { filterNames, type HistoryFilters, isPerCent, isSearch } from './history-search.js';

const filterChoicesQuery = graphql(`
  query FilterChoices {
    sites {
      id
      name
    }
    models {
      id
      name
      versions(first: 100) {
        edges {
          node {
            id
            version
            classes
            positiveLabel
            cellTypes
          }
        }
      }
    }
  }
`);

/** Below a limit that the history ignores. */
const OUTSIDE = 'Not used: enter a number from 0 to 100';

/** Below a search that the history ignores. */
const NO_SEARCH = 'Not used: enter 2 to 200 characters';

interface HistoryFilterFieldsProps {
  filters: HistoryFilters;
  onChange: (name: keyof HistoryFilters, value: string) => void;
  onReset: () => void;
}

export function HistoryFilterFields({ filters, onChange, onReset }: HistoryFilterFieldsProps) {
  const wide = useMediaQuery(useTheme().breakpoints.up('sm'));
  const [open, setOpen] = useState(false);
  const active = filterNames.filter((name) => filters[name] !== '').length;
  return (
    <Paper sx={{ p: 2 }} component="search" aria-label="Filter predictions">
      {!wide && (
        <Button
          fullWidth
          startIcon={<FilterIcon />}
          onClick={() => setOpen(!open)}
          aria-expanded={open}
          sx={{ mb: open ? 1.5 : 0 }}
        >
          Filters{active > 0 ? ` (${active})` : ''}
        </Button>
      )}
      <Collapse in={wide || open} timeout={wide ? 0 : 'auto'} mountOnEnter>
        <Fields filters={filters} onChange={onChange} />
        {active > 0 && (
          <Button size="small" onClick={onReset} sx={{ mt: 1 }}>
            Reset filters
          </Button>
        )}
      </Collapse>
    </Paper>
  );
}

function Fields({ filters, onChange }: Omit<HistoryFilterFieldsProps, 'onReset'>) {
  const { data } = useQuery(filterChoicesQuery);
  const versions = (data?.models ?? []).flatMap(({ name, versions }) =>
    versions.edges.map(({ node }) => ({ ...node, name: `${name} version ${node.version}` })),
  );
  const sites = data?.sites ?? [];
  const seesImages = useMay('see images');
  const labels = [...new Set(versions.flatMap(({ classes }) => classes))].sort();
  const cellTypes = [...new Set(versions.flatMap((version) => version.cellTypes))].sort();

  // The page shows the probability of the positive label for every answer, so its limits are of this probability too.
  const positiveLabel =
    versions.find(({ classes }) => classes.includes(filters.label))?.positiveLabel ?? 'answered label';
  const hasLimits = filters.label !== '' || filters.min !== '' || filters.max !== '';
  const isNegative = filters.label !== '' && filters.label !== positiveLabel;

  return (
    <Box
      sx={{
        display: 'grid',
        gap: 1.5,
        gridTemplateColumns: {
          xs: 'repeat(2, minmax(0, 1fr))',
          md: 'repeat(4, minmax(0, 1fr))',
          lg: 'repeat(5, minmax(0, 1fr))',
        },
      }}
    >
      <ChoiceField
        label="Answered label"
        hint="As the model answered, before any review"
        value={filters.label}
        onChange={(value) => onChange('label', value)}
        options={labels.map((label) => [label, readable(label)])}
      />
      {(cellTypes.length > 0 || filters.type !== '') && (
        <ChoiceField
          label="Cell type"
          value={filters.type}
          onChange={(value) => onChange('type', value)}
          options={cellTypes.map((label) => [label, cellTypeName(label)])}
        />
      )}
      <ChoiceField
        label="Outcome"
        value={filters.outcome}
        onChange={(value) => onChange('outcome', value)}
        options={Object.entries(outcomeLabels)}
      />
      {seesImages && (
        <>
          <DelayedTextField
            label="Search"
            type="search"
            error={!isSearch(filters.search)}
            helperText={isSearch(filters.search) ? 'Part of file name or case reference' : NO_SEARCH}
            value={filters.search}
            onChange={(value) => onChange('search', value)}
          />
          <CaseFilterField value={filters.case} onChange={(value) => onChange('case', value)} />
        </>
      )}
      <ChoiceField
        label="Model version"
        value={filters.version}
        onChange={(value) => onChange('version', value)}
        options={versions.map(({ id, name }) => [id, name])}
      />
      {(sites.length > 1 || filters.site !== '') && (
        <ChoiceField
          label="Site"
          value={filters.site}
          onChange={(value) => onChange('site', value)}
          options={sites.map(({ id, name }) => [id, name])}
        />
      )}
      <ChoiceField
        label="Review"
        value={filters.reviewed}
        onChange={(value) => onChange('reviewed', value)}
        options={[['yes', 'Reviewed'], ['no', 'Not reviewed'], ...Object.entries(verdictLabels)]}
      />
      <DateRangeFields from={filters.from} to={filters.to} onChange={onChange} />
      {hasLimits &&
        (['at least', 'at most'] as const).map((bound) => {
          const name = limitName(bound, isNegative);
          const value = isNegative ? complement(filters[name]) : filters[name];
          return (
            <DelayedTextField
              key={bound}
              label={`${capitalised(positiveLabel)} ${bound} (%)`}
              error={!isPerCent(value)}
              helperText={isPerCent(value) ? `Probability of ${readable(positiveLabel)}` : OUTSIDE}
              type="number"
              value={value}
              onChange={(entered) => onChange(name, isNegative ? complement(entered) : entered)}
              slotProps={{ inputLabel: { shrink: true }, htmlInput: { min: 0, max: 100, step: 'any' } }}
            />
          );
        })}
    </Box>
  );
}

/** The filter of the label's own probability for a limit of the positive label's: of a negative label, the other one. */
function limitName(bound: 'at least' | 'at most', isNegative: boolean): 'min' | 'max' {
  return (bound === 'at least') !== isNegative ? 'min' : 'max';
}

/** The probability of the other class, in per cent: '0.3' → '99.7'. A text that is no number stays. */
function complement(perCent: string): string {
  if (perCent.trim() === '' || !isPerCent(perCent)) return perCent;
  return String(Number((100 - Number(perCent)).toFixed(10)));
}
