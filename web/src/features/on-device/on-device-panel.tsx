import { Alert, Button, FormControlLabel, LinearProgress, Stack, Switch, Typography } from '@mui/material';
import { useEffect, useState } from 'react';
import { useOffline } from '../../session/offline.js';
import { useViewer } from '../../session/viewer.js';
import { count } from '../../ui/format.js';
import { EvidenceSlider } from '../predictions/evidence-slider.js';
import { useClassificationQueue } from '../predictions/queue-context.js';
import type { TargetChoice } from '../predictions/target-choice.js';
import { HeldRow } from './held-row.js';
import { type HeldImage, openHeldImages } from './held-images.js';
import { uploadOf } from './upload-held.js';
import { useClassifyHeld } from './use-classify-held.js';
import { type DeviceState, useDevice } from './use-device.js';
import { useHeldImages } from './use-held-images.js';
import { useRemoveUploaded } from './use-remove-uploaded.js';

interface OnDevicePanelProps {
  choice: TargetChoice;
  isOn: boolean;
  onSwitch: (isOn: boolean) => void;
  /** Why the last files could not be kept. */
  problem: string | null;
}

/** The switch for classifying on this device, what runs there, and the images that are not uploaded. */
export function OnDevicePanel({ choice, isOn, onSwitch, problem }: OnDevicePanelProps) {
  const { id: userId } = useViewer();
  const isOffline = useOffline();
  const held = useOpenHeldImages();
  const images = useHeldImages(held, userId) ?? [];
  const { state: device, fail, retry } = useDevice(held, isOn, choice);
  useClassifyHeld(held, device, images, fail);
  const [files, queue] = useClassificationQueue();
  useRemoveUploaded(held, files);
  useEffect(() => void held.keepOnlyOf(userId).catch(() => undefined), [held, userId]);

  const isUploading = new Set(files.flatMap(({ target }) => target.held?.id ?? []));
  const listed = images.filter(({ id }) => !isUploading.has(id));
  const upload = (chosen: readonly HeldImage[]) => {
    for (const image of chosen) queue.add(...uploadOf(image));
  };
  const [evidenceOpacity, setEvidenceOpacity] = useState(0);
  const next = listed.findLast(({ state }) => state.kind === 'waiting');

  return (
    <Stack spacing={1.5} component="section" aria-label="On this device">
      <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', alignItems: 'center', columnGap: 2 }}>
        <FormControlLabel
          control={<Switch checked={isOn} onChange={(_, next) => onSwitch(next)} />}
          label="On this device: images are not uploaded"
        />
        {isOn && <RunningVersion device={device} />}
      </Stack>
      {isOn && <DeviceNotices device={device} onRetry={retry} />}
      {problem !== null && <Alert severity="error">{problem}</Alert>}
      {listed.length > 0 && (
        <>
          <Stack
            direction="row"
            useFlexGap
            sx={{ flexWrap: 'wrap', alignItems: 'center', justifyContent: 'space-between', columnGap: 2 }}
          >
            <Typography role="status" sx={{ fontWeight: 600 }}>
              {count(listed.length, 'image')} on this device, not uploaded
            </Typography>
            {next && isOn && (
              <Typography variant="body2" color="textSecondary">
                Classified one after the other while this page is open
              </Typography>
            )}
            <EvidenceSlider opacity={evidenceOpacity} onChange={setEvidenceOpacity} />
            {!isOffline && <Button onClick={() => upload(listed.toReversed())}>Upload all</Button>}
          </Stack>
          <Stack component="ul" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
            {listed.map((image) => (
              <HeldRow
                key={image.id}
                image={image}
                isRunning={device.kind === 'ready' && image.id === next?.id}
                evidenceOpacity={evidenceOpacity}
                {...(!isOffline && { onUpload: (chosen) => upload([chosen]) })}
                onRetry={({ id }) => void held.setState(id, { kind: 'waiting' })}
                onRemove={({ id }) => void held.remove([id])}
              />
            ))}
          </Stack>
        </>
      )}
    </Stack>
  );
}

/** The images of this device, open for as long as the panel is shown. */
function useOpenHeldImages() {
  const [held] = useState(openHeldImages);
  return held;
}

const engineNames = {
  webgpu: 'on the graphics card (WebGPU)',
  webgl: 'on the graphics card (WebGL)',
  wasm: 'on the processor (WebAssembly)',
};

function RunningVersion({ device }: { device: DeviceState }) {
  if (device.kind !== 'ready') return null;
  const { version, engine } = device;
  return (
    <Typography variant="body2" color="textSecondary" role="status">
      {version.modelName} version {version.version} runs {engineNames[engine]}
    </Typography>
  );
}

function DeviceNotices({ device, onRetry }: { device: DeviceState; onRetry: () => void }) {
  switch (device.kind) {
    case 'off':
      return null;
    case 'loading':
      return <LinearProgress aria-label="Loading the model" sx={{ maxWidth: 560 }} />;
    case 'failed':
      return (
        <Alert
          severity="error"
          action={
            <Button color="inherit" size="small" onClick={onRetry}>
              Try again
            </Button>
          }
        >
          {device.message}
        </Alert>
      );
    case 'ready':
      return (
        <>
          {device.replaced && (
            <Alert severity="info">
              Version {device.version.version} is the champion now. It has replaced version{' '}
              {device.replaced.version} on this device.
            </Alert>
          )}
          {!device.isConfirmed && (
            <Alert severity="warning">
              The server cannot be reached, so it is not known whether there is a newer champion than version{' '}
              {device.version.version}.
            </Alert>
          )}
        </>
      );
  }
}
