import { Button, Stack } from '@mui/material';

interface ReportLinksProps {
  /** What the files are of, for the names of the links: 'version 2'. */
  of: string;
  pdfUrl: string;
  fhirUrl: string;
}

/** Links to a report as a PDF and as FHIR. */
export function ReportLinks({ of, pdfUrl, fhirUrl }: ReportLinksProps) {
  return (
    <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', columnGap: 1 }}>
      <Button size="small" href={pdfUrl} target="_blank" rel="noopener" aria-label={`PDF of ${of}`}>
        PDF
      </Button>
      <Button size="small" href={fhirUrl} download aria-label={`FHIR of ${of}`}>
        FHIR
      </Button>
    </Stack>
  );
}
