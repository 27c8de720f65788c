#!/bin/sh
echo "Cytograph uses no native schema engine: 'npm start' migrates, 'npm run db:migration -- NAME' writes a migration." >&2
exit 1
