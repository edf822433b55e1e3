#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { snapshotList } from '../snapshot-list.js'

await runCommand(snapshotList)
