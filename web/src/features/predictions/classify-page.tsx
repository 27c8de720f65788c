import { Box, Button, Stack } from '@mui/material';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useMay } from '../../session/viewer.js';
import { Loading } from '../../ui/loading.js';
import { Page } from '../../ui/page.js';
import { useCaseFor } from '../cases/use-case-for.js';
import { useClassificationQueue } from './queue-context.js';
import { DropZone } from './drop-zone.js';
import { NotAMedicalDevice } from './notices.js';
import { DEFAULT_TARGET, type TargetChoice } from './target-choice.js';

// Loaded beside and after the page, so that files can be dropped sooner.
const targetFields = import('./target-fields.js');
const TargetFields = lazy(async () => ({ default: (await targetFields).TargetFields }));
const loadQueueList = () => import('./queue-list.js');
const QueueList = lazy(async () => ({ default: (await loadQueueList()).QueueList }));

/** In pixels, so that the drop zone does not move when the fields appear. */
const TARGET_FIELDS_HEIGHT = { xs: 152, sm: 40 };

/** Upload images and see their results. */
export function ClassifyPage() {
  const [files, queue] = useClassificationQueue();
  const [choice, setChoice] = useState<TargetChoice>(DEFAULT_TARGET);
  const mayClassifyFolders = useMay('classify folders');

  useEffect(() => {
    void loadQueueList().catch(() => undefined); // a failure shows when the list is displayed
  }, []);

  const [add, askForCase] = useCaseFor((dropped: File[], caseReference) =>
    queue.add(dropped, { ...choice, caseReference }),
  );

  return (
    <Page
      title="Classify"
      subtitle="Drop images of single white blood cells or of fields with several. Each result is saved to the history."
      actions={
        mayClassifyFolders && (
          <Button variant="outlined" component={RouterLink} to="/folders">
            Classify folders
          </Button>
        )
      }
    >
      <Stack spacing={2}>
        <Suspense fallback={<Box sx={{ height: TARGET_FIELDS_HEIGHT }} />}>
          <TargetFields choice={choice} onChoice={setChoice} />
        </Suspense>
        {askForCase}
        <DropZone onFiles={add} compact={files.length > 0} />
        <Box>
          {files.length > 0 && (
            <Suspense fallback={<Loading />}>
              <QueueList files={files} queue={queue} />
            </Suspense>
          )}
          <NotAMedicalDevice />
        </Box>
      </Stack>
    </Page>
  );
}
