#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceVerifyList } from '../source-verify-list.js'

void runCommand(sourceVerifyList)
