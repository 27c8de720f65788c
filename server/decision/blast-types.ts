/** The cell types that are blasts, of every lineage. */
export const blastTypes = ['BLAST', 'MYELOBLAST', 'MONOBLAST', 'LYMPHOBLAST'] as const;

/** Counted like blasts in some acute leukaemias: promonocytes in monocytic ones, abnormal promyelocytes in the promyelocytic one (ICSH, doi:10.1111/ijlh.12327). */
export const blastEquivalents = ['PROMONOCYTE', 'ABNORMAL_PROMYELOCYTE'] as const;
