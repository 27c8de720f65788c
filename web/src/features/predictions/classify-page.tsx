import { Box, Button, Stack } from '@mui/material';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useOffline } from '../../session/offline.js';
import { useMay, useViewer } from '../../session/viewer.js';
import { Loading } from '../../ui/loading.js';
import { Page } from '../../ui/page.js';
import { usePastedImages } from '../../ui/use-pasted-images.js';
import { useCaseFor } from '../cases/use-case-for.js';
import { useOnDeviceSwitch } from '../on-device/on-device-switch.js';
import type { ClassificationTarget } from './classification-queue.js';
import { useClassificationQueue } from './queue-context.js';
import { DropZone } from './drop-zone.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { DEFAULT_TARGET, type TargetChoice } from './target-choice.js';

// Loaded beside and after the page, so that files can be dropped sooner.
const targetFields = import('./target-fields.js');
const TargetFields = lazy(async () => ({ default: (await targetFields).TargetFields }));
const OnDevicePanel = lazy(async () => ({
  default: (await import('../on-device/on-device-panel.js')).OnDevicePanel,
}));
const loadQueueList = () => import('./queue-list.js');
const QueueList = lazy(async () => ({ default: (await loadQueueList()).QueueList }));

/** In pixels, so that the drop zone does not move when the fields appear. */
const TARGET_FIELDS_HEIGHT = { xs: 152, sm: 40 };

const ON_DEVICE_HEIGHT = 38;

/** Keeps files for classification on this device. Resolves to why that is not possible, or null. */
async function keepOnDevice(
  userId: string,
  files: readonly File[],
  target: ClassificationTarget,
): Promise<string | null> {
  try {
    const { holdFiles } = await import('../on-device/hold-files.js');
    await holdFiles(userId, files, target);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Upload images and see their results. */
export function ClassifyPage() {
  const [files, queue] = useClassificationQueue();
  const [choice, setChoice] = useState<TargetChoice>(DEFAULT_TARGET);
  const mayClassifyFolders = useMay('classify folders');

  useEffect(() => {
    void loadQueueList().catch(() => undefined); // a failure shows when the list is displayed
  }, []);

  const { id: viewerId } = useViewer();
  const isOffline = useOffline();
  const [isOnDevice, setIsOnDevice] = useOnDeviceSwitch();
  const [heldProblem, setHeldProblem] = useState<string | null>(null);

  const [add, askForCase] = useCaseFor((dropped: File[], caseReference) => {
    const target = { ...choice, caseReference };
    if (isOnDevice) void keepOnDevice(viewerId, dropped, target).then(setHeldProblem);
    else queue.add(dropped, target);
  });
  usePastedImages(add);

  return (
    <Page
      title="Classify"
      subtitle={`Drop images of single white blood cells or of fields with several. ${
        isOnDevice
          ? 'Results stay on this device until you upload the images.'
          : 'Each result is saved to the history.'
      }`}
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
          {!isOffline && <TargetFields choice={choice} onChoice={setChoice} />}
        </Suspense>
        {askForCase}
        <DropZone onFiles={add} compact={files.length > 0} />
        <Suspense fallback={<Box sx={{ height: ON_DEVICE_HEIGHT }} />}>
          <OnDevicePanel choice={choice} isOn={isOnDevice} onSwitch={setIsOnDevice} problem={heldProblem} />
        </Suspense>
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
