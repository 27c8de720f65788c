import { useQuery } from '@apollo/client/react';
import {
  Box,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import type {
  ChangedImagesQuery,
  ComparedVersionFragment,
  CompareVersionsInput,
} from '../../../graphql/graphql.js';
import { capitalised, count, percent, readable } from '../../../ui/format.js';
import { outcomeLabels } from '../../../ui/labels.js';
import { Loaded } from '../../../ui/loaded.js';
import { PageButtons } from '../../../ui/page-buttons.js';
import { Section } from '../../../ui/section.js';
import { Thumbnails } from '../../datasets/thumbnails.js';
import { changedImagesQuery } from './comparison-query.js';
import { PartsTable } from './parts-table.js';

const PAGE_SIZE = 25;

interface ChangedImagesProps {
  input: CompareVersionsInput;
  /** Those with an evaluation. */
  versions: readonly ComparedVersionFragment[];
}

/** The patients with the largest differences, and the images for which the versions do not give the same answer, worst first. */
export function ChangedImages({ input, versions }: ChangedImagesProps) {
  const [after, setAfter] = useState<string>();
  const query = useQuery(changedImagesQuery, {
    variables: { input, first: PAGE_SIZE, after: after ?? null },
  });
  const shown = query.data ?? query.previousData;
  return (
    <Loaded query={query} content={shown?.compareVersions} rows={3} height={110}>
      {({ groups, changedImages }) => (
        <>
          {groups.totalCount > 0 && (
            <Section
              title="By patient or slide"
              hint={
                groups.totalCount > groups.edges.length
                  ? `The ${groups.edges.length} of ${groups.totalCount.toLocaleString()} with the largest loss against the first version. The intervals treat the images as independent.`
                  : 'The largest loss against the first version comes first. The intervals treat the images as independent.'
              }
            >
              <PartsTable
                label="By patient or slide"
                part="Patient or slide"
                versions={versions}
                rows={groups.edges.map(({ node }) => node)}
              />
            </Section>
          )}
          <Section
            title="Changed answers"
            hint={`${count(changedImages.totalCount, 'image')} with different answers. Those that the first version classified correctly and another wrongly come first.`}
          >
            <Stack spacing={2}>
              {changedImages.edges.length > 0 && (
                <ChangedTable versions={versions} images={changedImages.edges.map(({ node }) => node)} />
              )}
              <PageButtons
                label="Pages of changed answers"
                pageInfo={changedImages.pageInfo}
                after={after}
                onAfter={setAfter}
              />
            </Stack>
          </Section>
        </>
      )}
    </Loaded>
  );
}

type Changed = ChangedImagesQuery['compareVersions']['changedImages']['edges'][number]['node'];

function ChangedTable({
  versions,
  images,
}: {
  versions: readonly ComparedVersionFragment[];
  images: readonly Changed[];
}) {
  return (
    <TableContainer tabIndex={0}>
      <Table size="small" aria-label="Changed answers">
        <TableHead>
          <TableRow>
            <TableCell>Image</TableCell>
            <TableCell>Label</TableCell>
            {versions.map(({ modelVersion }) => (
              <TableCell key={modelVersion.id}>Version {modelVersion.version}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {images.map(({ item, answers }) => (
            <TableRow key={item.key}>
              <TableCell>
                <Box sx={{ width: 64 }}>
                  <Thumbnails items={[item]} side={64} named={false} />
                </Box>
              </TableCell>
              <TableCell>{capitalised(item.label)}</TableCell>
              {versions.map(({ modelVersion: { id, positiveLabel } }) => {
                const answer = answers.find(({ modelVersionId }) => modelVersionId === id);
                return (
                  <TableCell key={id}>
                    {answer && <Answer answer={answer} label={item.label} positiveLabel={positiveLabel} />}
                  </TableCell>
                );
              })}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

interface AnswerProps {
  answer: Changed['answers'][number];
  /** The image's label in the snapshot. Every label other than the positive label is negative. */
  label: string;
  positiveLabel: string;
}

function Answer({ answer: { outcome, label: called, probability, usedInTraining }, ...props }: AnswerProps) {
  const isRight = (called === props.positiveLabel) === (props.label === props.positiveLabel);
  const text =
    outcome === 'CLASSIFIED'
      ? `${capitalised(called)} (${isRight ? 'correct' : 'wrong'})`
      : outcomeLabels[outcome];
  const colour = outcome !== 'CLASSIFIED' ? 'textSecondary' : isRight ? 'success' : 'error';
  return (
    <>
      <Typography variant="body2" color={colour} sx={{ fontWeight: 600 }}>
        {text}
      </Typography>
      <Typography variant="caption" color="textSecondary" component="div">
        {capitalised(readable(props.positiveLabel))} {percent(probability)}
        {usedInTraining && '. The version was trained or fitted on this image.'}
      </Typography>
    </>
  );
}
