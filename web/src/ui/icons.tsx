import {
  mdiAccountCircleOutline,
  mdiAccountMultipleOutline,
  mdiAlertOutline,
  mdiChartLineVariant,
  mdiClipboardCheckOutline,
  mdiClipboardTextClockOutline,
  mdiCheck,
  mdiCheckCircleOutline,
  mdiChevronLeft,
  mdiChevronRight,
  mdiClose,
  mdiCloseCircleOutline,
  mdiDeleteOutline,
  mdiDotsHorizontal,
  mdiEyeOutline,
  mdiFileUploadOutline,
  mdiFilterVariant,
  mdiFitToPageOutline,
  mdiFolderAccountOutline,
  mdiHelpCircleOutline,
  mdiHistory,
  mdiHubOutline,
  mdiImageBrokenVariant,
  mdiImageMultipleOutline,
  mdiMagnifyMinusOutline,
  mdiMagnifyPlusOutline,
  mdiMicroscope,
  mdiPencilOutline,
  mdiPlus,
  mdiRadioboxBlank,
  mdiRadioboxMarked,
  mdiReplay,
  mdiTrophyOutline,
} from '@mdi/js';
import { createSvgIcon } from '@mui/material/utils';

// All icons of the app.

export const AccountIcon = createSvgIcon(<path d={mdiAccountCircleOutline} />, 'Account');
export const AddIcon = createSvgIcon(<path d={mdiPlus} />, 'Add');
export const AlertIcon = createSvgIcon(<path d={mdiAlertOutline} />, 'Alert');
export const AuditIcon = createSvgIcon(<path d={mdiClipboardTextClockOutline} />, 'Audit');
export const BackIcon = createSvgIcon(<path d={mdiChevronLeft} />, 'Back');
export const BrokenImageIcon = createSvgIcon(<path d={mdiImageBrokenVariant} />, 'BrokenImage');
export const CaseIcon = createSvgIcon(<path d={mdiFolderAccountOutline} />, 'Case');
export const ChartIcon = createSvgIcon(<path d={mdiChartLineVariant} />, 'Chart');
export const CheckIcon = createSvgIcon(<path d={mdiCheck} />, 'Check');
export const CloseIcon = createSvgIcon(<path d={mdiClose} />, 'Close');
export const DeleteIcon = createSvgIcon(<path d={mdiDeleteOutline} />, 'Delete');
export const EditIcon = createSvgIcon(<path d={mdiPencilOutline} />, 'Edit');
export const EyeIcon = createSvgIcon(<path d={mdiEyeOutline} />, 'Eye');
export const FailedIcon = createSvgIcon(<path d={mdiCloseCircleOutline} />, 'Failed');
export const FilterIcon = createSvgIcon(<path d={mdiFilterVariant} />, 'Filter');
export const HistoryIcon = createSvgIcon(<path d={mdiHistory} />, 'History');
export const HubIcon = createSvgIcon(<path d={mdiHubOutline} />, 'Hub');
export const ImagesIcon = createSvgIcon(<path d={mdiImageMultipleOutline} />, 'Images');
export const MarkedRingIcon = createSvgIcon(<path d={mdiRadioboxMarked} />, 'MarkedRing');
export const MicroscopeIcon = createSvgIcon(<path d={mdiMicroscope} />, 'Microscope');
export const MoreIcon = createSvgIcon(<path d={mdiDotsHorizontal} />, 'More');
export const NextIcon = createSvgIcon(<path d={mdiChevronRight} />, 'Next');
export const PassedIcon = createSvgIcon(<path d={mdiCheckCircleOutline} />, 'Passed');
export const PeopleIcon = createSvgIcon(<path d={mdiAccountMultipleOutline} />, 'People');
export const QuestionIcon = createSvgIcon(<path d={mdiHelpCircleOutline} />, 'Question');
export const ReadingIcon = createSvgIcon(<path d={mdiClipboardCheckOutline} />, 'Reading');
export const ReplayIcon = createSvgIcon(<path d={mdiReplay} />, 'Replay');
export const RingIcon = createSvgIcon(<path d={mdiRadioboxBlank} />, 'Ring');
export const TrophyIcon = createSvgIcon(<path d={mdiTrophyOutline} />, 'Trophy');
export const UploadIcon = createSvgIcon(<path d={mdiFileUploadOutline} />, 'Upload');
export const WholePictureIcon = createSvgIcon(<path d={mdiFitToPageOutline} />, 'WholePicture');
export const ZoomInIcon = createSvgIcon(<path d={mdiMagnifyPlusOutline} />, 'ZoomIn');
export const ZoomOutIcon = createSvgIcon(<path d={mdiMagnifyMinusOutline} />, 'ZoomOut');
