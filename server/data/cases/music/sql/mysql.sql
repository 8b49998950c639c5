-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;

--
-- Table structure for table `artist`
--

DROP TABLE IF EXISTS `artist`;
CREATE TABLE `artist` (
  `artist_id` int unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'The stage name',
  `kind` enum('person','group','orchestra') NOT NULL DEFAULT 'person',
  `rating` decimal(4,2) unsigned DEFAULT '0.00',
  `active` tinyint(1) NOT NULL DEFAULT '1',
  `photo` mediumblob,
  `updated_at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (`artist_id`),
  UNIQUE KEY `artist_name` (`name`),
  KEY `artist_kind` (`kind`,`rating`) USING BTREE
) ENGINE=InnoDB AUTO_INCREMENT=276 DEFAULT CHARSET=utf8mb4 COMMENT='Those who play';
LOCK TABLES `artist` WRITE;
INSERT INTO `artist` VALUES (1,'AC/DC','group','9.10',1,NULL,'2024-01-01 00:00:00'),(2,'O\'Connor; CREATE TABLE `x` (y int)','person','8.00',1,'','2024-01-01 00:00:00');
UNLOCK TABLES;

--
-- Table structure for table `album`
--

DROP TABLE IF EXISTS `album`;
CREATE TABLE `album` (
  `album_id` int unsigned NOT NULL AUTO_INCREMENT,
  `title` varchar(160) NOT NULL,
  `artist_id` int unsigned NOT NULL,
  `released` year DEFAULT NULL,
  `length` time DEFAULT NULL,
  `tags` set('live','studio','best of') DEFAULT NULL,
  `search` varchar(300) GENERATED ALWAYS AS (concat(`title`,_utf8mb4' ',`released`)) STORED,
  PRIMARY KEY (`album_id`),
  KEY `album_artist` (`artist_id`),
  FULLTEXT KEY `album_search` (`search`),
  CONSTRAINT `album_artist` FOREIGN KEY (`artist_id`) REFERENCES `artist` (`artist_id`) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE `album_link` LIKE `album`;
ALTER TABLE `album_link` DROP COLUMN `search`, DROP KEY `album_artist`, ADD COLUMN `url` text AFTER `title`, CHANGE `length` `seconds` int DEFAULT NULL COMMENT 'of all tracks';

DELIMITER ;;
CREATE TRIGGER `album_check` BEFORE INSERT ON `album` FOR EACH ROW BEGIN
  IF NEW.title = '' THEN SET NEW.title = 'untitled'; END IF;
END ;;
DELIMITER ;

/*!50001 DROP VIEW IF EXISTS `album_list`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `album_list` AS select `a`.`title` AS `title`,`b`.`name` AS `artist` from (`album` `a` join `artist` `b` on((`a`.`artist_id` = `b`.`artist_id`))) */;
