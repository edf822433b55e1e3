#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { targetFilediff } from '../target-filediff.js'

void runCommand(targetFilediff)
