#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { snapshotCreate } from '../snapshot-create.js'

void runCommand(snapshotCreate)
