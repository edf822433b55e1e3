#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { snapshotList } from '../snapshot-list.js'

void runCommand(snapshotList)
